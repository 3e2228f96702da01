// Decides requests that arrive as lines of JSON: identity, boundary, resourcePolicy, request.
import { createInterface } from 'node:readline'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const named = (documents) => documents.map((policy, index) => ({ name: `policy-${index}`, policy }))

for await (const line of createInterface({ input: process.stdin })) {
  const { identity, boundary, resourcePolicy, request } = JSON.parse(line)
  const found = await runSimulation(
    {
      request,
      identityPolicies: named(identity),
      resourcePolicy: resourcePolicy ?? undefined,
      permissionBoundaryPolicies: boundary ? named([boundary]) : undefined,
      serviceControlPolicies: [],
      resourceControlPolicies: []
    },
    {}
  )
  const errors = found.errors ?? found.result?.errors
  process.stdout.write(JSON.stringify(errors ? { errors } : { result: found.overallResult }) + '\n')
}
