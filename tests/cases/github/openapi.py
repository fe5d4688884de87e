#!/usr/bin/env python3
"""Holds a scripted GitHub to GitHub's published description of its API (openapi.json).

    openapi.py answer "GET /repos/{owner}/{repo}/pulls" 200 [PATH=JSON...]
        prints the description's own example with values set, an empty PATH being the whole
    openapi.py check LOG [PREFIX]
        looks at each request and answer that `replay --log LOG` has written: a known call, its
        parameters, its headers, its body; the answer's status and body. PREFIX stands before the
        paths. Status 1 with what is wrong, also when there is nothing to look at.

Stricter than the description in one thing: we send no member and no parameter it does not have.
"""
import json
import os
import re
import sys
import urllib.parse

from jsonschema import Draft4Validator

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "openapi.json"),
          encoding="ascii") as f:
    API = json.load(f)
PARTS = API["components"]


def errors(schema, value):
    whole = {"components": PARTS, "allOf": [schema]}
    for e in Draft4Validator(whole).iter_errors(value):
        yield "/".join(map(str, e.absolute_path)) + ": " + e.message[:300]


def members(schema):
    while "$ref" in schema:
        schema = PARTS["schemas"][schema["$ref"].rsplit("/", 1)[1]]
    found = set(schema.get("properties", {}))
    for key in ("anyOf", "oneOf", "allOf"):
        for s in schema.get(key, []):
            found |= members(s)
    return found


def find(method, path):
    for call in API["calls"]:
        m, template = call.split()
        # a reference may have slashes in it
        pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(template))
        match = re.fullmatch(pattern, path)
        if m == method and match:
            return call, match.groupdict()
    return None, {}


def check_parameters(call, given, query):
    known = {(p["in"], p["name"]): p for p in API["calls"][call]["parameters"]}
    values = [("path", k, v) for k, v in given.items()] + [("query", k, v) for k, v in query]
    for where, name, value in values:
        p = known.pop((where, name), None)
        if not p:
            yield f"no such {where} parameter: {name}"
            continue
        value = urllib.parse.unquote(value)
        if p["schema"].get("type") == "integer":
            value = int(value) if value.isdigit() else value
        yield from errors(p["schema"], value)
    for (where, name), p in known.items():
        if p["required"] and where != "header":
            yield f"no {where} parameter {name}"


def check_headers(headers):
    if headers.get("accept") != "application/vnd.github+json":
        yield "another Accept than the one that is asked for"
    if headers.get("x-github-api-version") != "2022-11-28":
        yield "no version of the API"
    for name in ("user-agent", "authorization"):
        if name not in headers:
            yield f"no {name}"


def check_body(call, text):
    wanted = API["calls"][call]["body"]
    if not text:
        if API["calls"][call]["body_required"]:
            yield "no body"
        return
    if not wanted:
        yield "a body where there is none"
        return
    value = json.loads(text)
    yield from errors(wanted["schema"], value)
    for name in set(value) - members(wanted["schema"]):
        yield f"no such member: {name}"


def check_answer(call, status, text):
    known = API["calls"][call]["answers"]
    if status == "304" and not text:
        return
    if status in known and known[status]:
        schema = known[status]["schema"]
    elif status[0] == "4":
        schema = {"$ref": "#/components/schemas/basic-error"}
    elif status[0] == "5":
        return
    else:
        yield f"not answered with {status}"
        return
    yield from errors(schema, json.loads(text))


def exchanges(log):
    with open(log, encoding="utf-8") as file:
        lines = file.read().splitlines()
    for i, line in enumerate(lines):
        if line.startswith(" "):
            continue
        number, method, path, _ = line.split(" ")
        headers = {}
        for more in lines[i + 1:]:
            if not more.startswith("  "):
                break
            name, _, value = more[2:].partition(":")
            headers[name.lower()] = value.strip()
        yield number, method, path, headers


def check(log, prefix=""):
    seen = wrong = 0
    for number, method, path, headers in exchanges(log):
        seen += 1
        with open(f"{log}.{number}.json", encoding="utf-8") as file:
            body = file.read()
        with open(f"{log}.{number}.answer", encoding="utf-8") as file:
            status, _, answer = file.read().partition("\n")
        place, _, query = path.partition("?")
        call, given = find(method, place[len(prefix):] if place.startswith(prefix) else "")
        said = [f"no such call: {method} {path}"]
        if call:
            query = [tuple(q.split("=", 1)) for q in query.split("&") if q]
            said = [*check_parameters(call, given, query), *check_headers(headers),
                    *check_body(call, body), *check_answer(call, status, answer)]
        for s in said:
            wrong += 1
            print(f"request {number}, {method} {path}: {s}")
    if not seen:
        print("no request came")
    return wrong or not seen


def put(value, path, new):
    if not path:
        return new
    at = value
    *way, last = [int(p) if p.lstrip("-").isdigit() else p for p in path.split(".")]
    for p in way:
        at = at[p]
    at[last] = new
    return value


def main(what, *words):
    if what == "check":
        return 1 if check(*words) else 0
    call, status, *changes = words
    value = API["calls"][call]["answers"][status]["example"]
    for c in changes:
        path, _, text = c.partition("=")
        value = put(value, path, json.loads(text))
    print(json.dumps(value))
    return 0


sys.exit(main(*sys.argv[1:]))
