#!/usr/bin/env python3
"""Takes what we call out of GitHub's description of its API.

    npm pack @octokit/openapi && tar xzf octokit-openapi-*.tgz
    extract.py package >openapi.json

Kept are the operations below with the schemas and examples they need; descriptions go, and
OpenAPI's "nullable" becomes a type of JSON Schema.
"""
import json
import sys

CALLS = """
GET /repos/{owner}/{repo}/pulls
POST /repos/{owner}/{repo}/pulls
PATCH /repos/{owner}/{repo}/pulls/{pull_number}
POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers
POST /repos/{owner}/{repo}/issues/{issue_number}/labels
GET /repos/{owner}/{repo}/commits/{ref}/check-runs
GET /repos/{owner}/{repo}/commits/{ref}/status
GET /repos/{owner}/{repo}/deployments
GET /repos/{owner}/{repo}/deployments/{deployment_id}/statuses
""".split("\n")[1:-1]

# scopes of one kind only: what stands in a map from names to schemas is never a key of ours
DROP = {"description", "summary", "externalDocs", "tags", "operationId", "x-github",
        "x-multi-segment", "x-githubEnterpriseOverlays", "headers", "title"}


def schema(s):
    if isinstance(s, list):
        return [schema(v) for v in s]
    if not isinstance(s, dict):
        return s
    out = {}
    for key, value in s.items():
        if key == "properties":
            out[key] = {k: schema(v) for k, v in value.items()}
        elif key in ("enum", "required", "default"):
            out[key] = value
        elif key not in DROP | {"example", "examples", "nullable"}:
            out[key] = schema(value)
    if s.get("nullable"):
        if "enum" in out and None not in out["enum"]:
            out["enum"] = out["enum"] + [None]
        if isinstance(out.get("type"), str):
            out["type"] = [out["type"], "null"]
        elif "type" not in out:
            out = {"anyOf": [out, {"type": "null"}]}
    return out


def main(folder):
    with open(folder + "/generated/api.github.com.json", encoding="utf-8") as f:
        api = json.load(f)
    with open(folder + "/package.json", encoding="utf-8") as f:
        package = json.load(f)
    parts = api["components"]
    schemas = {}

    def resolve(o):
        while "$ref" in o:
            _, kind, name = o["$ref"][2:].split("/")
            o = parts[kind][name]
        return o

    def need(s):
        if isinstance(s, list):
            for v in s:
                need(v)
        elif isinstance(s, dict):
            ref = s.get("$ref")
            if isinstance(ref, str):
                name = ref.rsplit("/", 1)[1]
                if name not in schemas:
                    schemas[name] = schema(parts["schemas"][name])
                    need(schemas[name])
            for v in s.values():
                need(v)

    def media(o):
        content = o.get("content", {}).get("application/json")
        if not content:
            return None
        out = {"schema": schema(content["schema"])}
        for e in list(content.get("examples", {}).values())[:1]:
            out["example"] = resolve(e)["value"]
        need(out["schema"])
        return out

    calls = {}
    for call in CALLS:
        method, path = call.split()
        op = api["paths"][path][method.lower()]
        parameters = []
        for p in op.get("parameters", []):
            p = resolve(p)
            parameters.append({"name": p["name"], "in": p["in"],
                               "required": p.get("required", False),
                               "schema": schema(p["schema"])})
            need(parameters[-1]["schema"])
        body = resolve(op["requestBody"]) if "requestBody" in op else None
        calls[call] = {
            "parameters": parameters,
            "body": media(body) if body else None,
            "body_required": bool(body and body.get("required")),
            "answers": {status: media(resolve(a)) for status, a in op["responses"].items()},
        }
    head = {
        "source": "npm " + package["name"] + " " + package["version"],
        "license": package["license"] + ", see LICENSE beside this file",
        "api": api["info"]["title"] + " " + api["info"]["version"],
    }

    def rows(o):
        return ",\n".join(json.dumps(k) + ":" + json.dumps(v, separators=(",", ":"))
                          for k, v in sorted(o.items()))

    print("{" + json.dumps(head)[1:-1] + ",\n\"calls\":{\n" + rows(calls)
          + "\n},\"components\":{\"schemas\":{\n" + rows(schemas) + "\n}}}")


main(sys.argv[1])
