"""Each schema of the OpenAPI document has an example, and each example fits its schema.

python examples.py DOCUMENT
"""

import json
import sys

import jsonschema_rs


def schemas(node, path):
    """Every object in the document that has a schema's example, with its place."""
    if isinstance(node, dict):
        if "example" in node or isinstance(node.get("examples"), list):
            yield path, node
        for name, value in node.items():
            if name not in ("example", "examples"):
                yield from schemas(value, f"{path}/{name}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from schemas(value, f"{path}/{index}")


def main(file):
    with open(file, encoding="utf-8") as text:
        document = json.load(text)
    components = document["components"]
    wrong = [
        f"{name}: no example"
        for name, schema in components["schemas"].items()
        if schema.get("example") is None and not schema.get("examples")
    ]
    checked = 0
    for path, schema in schemas(document, ""):
        rule = schema.get("schema", schema)
        validator = jsonschema_rs.Draft202012Validator({**rule, "components": components}, validate_formats=True)
        for example in [schema["example"]] if "example" in schema else schema["examples"]:
            checked += 1
            wrong += [f"{path}: {error.message} at {error.instance_path}" for error in validator.iter_errors(example)]
    print(f"{checked} examples of schemas checked, {len(wrong)} wrong")
    sys.exit("\n".join(wrong) if wrong or checked == 0 else 0)


main(sys.argv[1])
