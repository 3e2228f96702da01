"""Passwords, ids, strings, shuffles."""

import pulumi
import pulumi_random as random

p = random.RandomPassword("p", length=16, special=True, override_special="_%@", min_lower=2)
i = random.RandomId("i", byte_length=8, keepers={"a": "b"}, prefix="x-")
s = random.RandomString("s", length=8, upper=False, special=False)
u = random.RandomUuid("u")
h = random.RandomShuffle("h", inputs=["a", "b", "c"])
pulumi.export("x", pulumi.Output.all(p.result, i.hex, i.dec, i.b64_url, s.result, u.result, h.results, p.bcrypt_hash))
