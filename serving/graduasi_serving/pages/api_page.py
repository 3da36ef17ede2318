"""The context of /docs, made from the OpenAPI document.

Our own page instead of Swagger UI, because it needs no scripts and nothing from other servers.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from graduasi_serving.pages.contexts import ApiPage, Fault, Frame, Operation, Parameter

Node = Mapping[str, Any]
"""An object in the OpenAPI document."""

FORM = "application/x-www-form-urlencoded"


def api_page(document: Node, frame: Frame) -> ApiPage:
    """The page with every operation, in the order of the document."""
    paragraphs = tuple(" ".join(paragraph.split()) for paragraph in document["info"]["description"].split("\n\n"))
    return ApiPage(frame=frame, about=paragraphs, operations=tuple(_operations(document)))


def _operations(document: Node) -> Iterator[Operation]:
    schemas = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            request_type, request = _example(operation.get("requestBody", {}), schemas)
            response_type, response = _example(operation["responses"]["200"], schemas)
            yield Operation(
                anchor=operation["operationId"],
                method=method.upper(),
                path=path,
                summary=operation["summary"],
                description=operation.get("description", ""),
                scope=_scope(operation),
                parameters=tuple(_parameter(parameter) for parameter in operation.get("parameters", [])),
                request_type=request_type,
                request=request,
                response_type=response_type,
                response=response,
                faults=tuple(
                    Fault(status, answer["description"])
                    for status, answer in operation["responses"].items()
                    if status != "200"
                ),
            )


def _scope(operation: Node) -> str | None:
    """The scopes that the token must have, separated by blanks; None for an operation that needs no token."""
    scopes = [scope for scheme in operation.get("security", []) for needed in scheme.values() for scope in needed]
    return " ".join(scopes) or None


def _parameter(parameter: Node) -> Parameter:
    about = parameter.get("description") or parameter["schema"].get("title", "")
    return Parameter(parameter["name"], parameter["in"], about)


def _example(body: Node, schemas: Node) -> tuple[str, str]:
    """The media type of a body and an example as text; two empty texts without a body or an example."""
    for media_type, content in body.get("content", {}).items():
        if media_type == FORM:
            return media_type, urlencode(_form_example(content["schema"], schemas)).replace("&", "\n&")
        if "example" in content:
            return media_type, json.dumps(content["example"], indent=2, ensure_ascii=False)
    return "", ""


def _form_example(schema: Node, schemas: Node) -> dict[str, str]:
    """The form filled in with the examples of its fields: FastAPI writes an example to each field, not to the form."""
    fields = schemas[schema["$ref"].rpartition("/")[2]]["properties"].items()
    return {name: field["examples"][0] for name, field in fields if "examples" in field}
