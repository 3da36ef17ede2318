"""/docs: the OpenAPI document as a page without scripts, so that it needs nothing from elsewhere."""

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

from graduasi_serving.pages.contexts import ApiPage, Fault, Frame, Operation, Parameter

Node = Mapping[str, Any]
FORM = "application/x-www-form-urlencoded"


def api_page(document: Node, frame: Frame) -> ApiPage:
    """Every operation of the document, in its order."""
    about = tuple(" ".join(paragraph.split()) for paragraph in document["info"]["description"].split("\n\n"))
    return ApiPage(frame=frame, about=about, operations=tuple(_operations(document)))


def _operations(document: Node) -> Iterator[Operation]:
    shapes = document["components"]["schemas"]
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            request_type, request = _example(told.get("requestBody", {}), shapes)
            response_type, response = _example(told["responses"]["200"], shapes)
            yield Operation(
                anchor=told["operationId"],
                method=method.upper(),
                path=path,
                summary=told["summary"],
                description=told.get("description", ""),
                scope=_scope(told),
                parameters=tuple(_parameter(one) for one in told.get("parameters", [])),
                request_type=request_type,
                request=request,
                response_type=response_type,
                response=response,
                faults=tuple(
                    Fault(status, answer["description"])
                    for status, answer in told["responses"].items()
                    if status != "200"
                ),
            )


def _scope(told: Node) -> str | None:
    """The scopes that the operation's token must carry; none for an open operation."""
    scopes = [scope for scheme in told.get("security", []) for wanted in scheme.values() for scope in wanted]
    return " ".join(scopes) or None


def _parameter(told: Node) -> Parameter:
    return Parameter(told["name"], told["in"], told.get("description") or told["schema"].get("title", ""))


def _example(body: Node, shapes: Node) -> tuple[str, str]:
    """The media type of a body and an example of it as text; two empty texts if there is no body."""
    for media_type, content in body.get("content", {}).items():
        if media_type == FORM:
            return media_type, urlencode(_form_example(content["schema"], shapes)).replace("&", "\n&")
        if "example" in content:
            return media_type, json.dumps(content["example"], indent=2, ensure_ascii=False)
    return "", ""


def _form_example(schema: Node, shapes: Node) -> dict[str, str]:
    """The examples of a form's fields; the framework keeps those with each field."""
    fields = shapes[schema["$ref"].rpartition("/")[2]]["properties"].items()
    return {name: field["examples"][0] for name, field in fields if "examples" in field}
