"""Renders Home Assistant templates in Jinja's sandbox, as Home Assistant does: one JSON request a line, one answer.

A request is {"template": text, "variables": {...}}; `payload` among the variables becomes `value` and, where it is
JSON, `value_json`. The answer is {"text": ...} or {"error": ...}. `now` and `as_timestamp` are the functions of
Home Assistant's that our templates use.
"""

import json
import sys
from datetime import datetime, timezone

from jinja2.sandbox import ImmutableSandboxedEnvironment

environment = ImmutableSandboxedEnvironment()
environment.globals["now"] = lambda: datetime.now(timezone.utc)
environment.globals["as_timestamp"] = lambda moment: moment.timestamp()

for line in sys.stdin:
    request = json.loads(line)
    variables = request["variables"]
    payload = variables.pop("payload", None)
    if payload is not None:
        variables["value"] = payload
        try:
            variables["value_json"] = json.loads(payload)
        except ValueError:
            pass
    try:
        answer = {"text": environment.from_string(request["template"]).render(variables)}
    except Exception as error:  # Whatever a template does wrong is the answer.
        answer = {"error": repr(error)}
    print(json.dumps(answer), flush=True)
