"""The API's document: what programs were generated from stays as it was. New operations may come; they are entered in `operations.txt`."""

from pathlib import Path

from chemward.config.api import api

KNOWN = Path(__file__).with_name("operations.txt").read_text("utf-8").splitlines()


def operations() -> list[str]:
    """`METHOD path operationId needed,fields` of each operation, as the document says."""
    document = api.get_openapi_schema()
    schemas = document["components"]["schemas"]
    return sorted(
        f"{method.upper()} {path} {told['operationId']} {','.join(needed(told, schemas))}".rstrip()
        for path, methods in document["paths"].items()
        for method, told in methods.items()
    )


def needed(operation, schemas) -> list[str]:
    """What a caller must give: parameters, and the fields of the body."""
    given = [p["name"] for p in operation.get("parameters", []) if p["required"] and p["in"] == "query"]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
    return sorted(given) + schemas.get(body.get("$ref", "").rpartition("/")[2], {}).get("required", [])


def test_no_operation_that_programs_know_has_changed_its_address_its_name_or_what_it_needs():
    assert sorted(set(KNOWN) - set(operations())) == []


def test_every_operation_has_a_name_of_its_own():
    names = [line.split()[2] for line in operations()]
    assert len(names) == len(set(names))
