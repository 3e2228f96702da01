"""A provider that the program defines."""

import pulumi
from pulumi.dynamic import *


class P(ResourceProvider):
    def check(self, olds, news):
        return CheckResult(news, [] if news["a"] else [CheckFailure("a", "empty")])

    def diff(self, id, olds, news):
        return DiffResult(changes=olds["a"] != news["a"], replaces=["a"] if olds["a"] != news["a"] else [])

    def create(self, props):
        return CreateResult("id", {**props})

    def delete(self, id, props):
        pass


class R(Resource):
    def __init__(self, name, a, opts=None):
        super().__init__(P(), name, {"a": a}, opts)


r = R("r", pulumi.Output.secret("x"))
