"""Writes docs/stack-file.schema.json, by which editors complete and check stack files: `python -m config.editors`.

A file that it refuses is refused by the program too. It knows values one by one; rules that span several keys, other
stacks or other files are the program's alone.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import TypeAdapter
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from components.common.settings import Rule
from config.model import documented_keys
from config.schema import NAMESPACE, fields_by_key, is_section

TARGET = Path(__file__).parent.parent / "docs" / "stack-file.schema.json"
_DIALECT = "http://json-schema.org/draft-07/schema#"
_DEFINITIONS = "#/definitions/{model}"
_NETWORK = {
    "pattern": r"^(\d{1,3}\.){3}\d{1,3}/\d{1,2}$",
    "patternErrorMessage": "must be a network, such as 10.0.0.0/16",
}


class _Schema(GenerateJsonSchema):
    """Knows what rules allow, and that mappings have no keys beside those that their pattern allows."""

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        rule = schema["function"]["function"]
        if not isinstance(rule, Rule):
            return inner
        if "pattern" in inner and "pattern" in rule.schema:
            return {"allOf": [inner, _told(rule)]}
        return {**inner, **_told(rule)}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        # The texts are asked for here.
        fields = fields_by_key(schema["cls"]) if is_section(schema["cls"]) else {}
        found = super().model_schema(schema)
        for key, field in fields.items():
            found["properties"][key]["description"] = field.description
        return found

    def generate_inner(self, schema: Any) -> JsonSchemaValue:
        found = super().generate_inner(schema)
        return {**found, **_NETWORK} if found.get("format") == "ipv4network" else found

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        found = super().dict_schema(schema)
        if "patternProperties" in found:
            found["additionalProperties"] = False
        return found


def _told(rule: Rule) -> dict[str, Any]:
    """What a rule allows, with its words where an editor shows them."""
    shown = {"patternErrorMessage": f"must be {rule.allowed}"} if "pattern" in rule.schema else {}
    return {**rule.schema, **shown}


def schema() -> dict[str, Any]:
    """The JSON schema of stack files."""
    known = documented_keys()
    adapters: list[tuple[str, Literal["validation", "serialization"], TypeAdapter[Any]]] = [
        (key, "validation", TypeAdapter(_annotated(info))) for key, info in known.items()
    ]
    values, shared = TypeAdapter.json_schemas(adapters, schema_generator=_Schema, ref_template=_DEFINITIONS)
    keys = {f"{NAMESPACE}:{key}": _key(info, values[key, "validation"]) for key, info in known.items()}
    return {
        "$schema": _DIALECT,
        "title": "Stack of the trading platform",
        "type": "object",
        "required": ["config"],
        "properties": {
            "config": {
                "type": "object",
                "properties": keys,
                "required": [f"{NAMESPACE}:{key}" for key, info in known.items() if info.is_required()],
                "patternProperties": {f"^(?!{NAMESPACE}:)": {}},
                "additionalProperties": False,
            }
        },
        "definitions": shared["$defs"],
    }


def _annotated(info: FieldInfo) -> Any:
    """A field's type together with its rules."""
    annotation: Any = info.annotation
    for rule in info.metadata:
        annotation = Annotated[annotation, rule]
    return annotation


def _key(info: FieldInfo, value: JsonSchemaValue) -> dict[str, Any]:
    """A key's schema under its description, which may not stand beside a reference. One that is empty is left out."""
    forms = {"allOf": [value]} if info.is_required() else {"anyOf": [value, {"enum": [None, ""]}]}
    return {"description": " ".join((info.description or "").split()), **forms}


def render() -> str:
    """The file."""
    return json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    TARGET.write_text(render(), encoding="utf-8")
