"""Renders per second of the template engine, beside jinja2 in the same run (moto brings jinja2 into the environment).

    .venv/bin/python bench/templates.py [--seconds 2]

Small: three keys in three lines. Large: 208 lines with 16 loops of eight turns each. Both engines render compiled
templates from the same data to the same bytes, which is checked first.
"""

from __future__ import annotations

import argparse
import secrets
import time
from collections.abc import Callable

import jinja2

from secrets_operator.rendering.gotemplate import EXTERNAL_SECRETS, Context, Template, compile_template

SMALL = "host: {{ .host }}\nuser: {{ .user }}\npassword: {{ .password }}\n"
SMALL_DATA = {"host": b"db.example.com", "user": b"app", "password": b"correct horse battery staple"}
LIST = "alpha,beta,gamma,delta,epsilon,zeta,eta,theta"
LARGE_DATA = {"list": LIST.encode(), **{f"key{n}": f"value number {n}".encode() for n in range(16)}}

GO_SECTION = """section-NN:
  title: {{ .keyNN | upper }}
  {{- if eq .keyNN "nothing" }}
  empty: true
  {{- else }}
  empty: false
  {{- end }}
  items:
  {{- range $i, $item := splitList "," .list }}
  - index: {{ $i }}
    name: {{ $item | upper }}
  {{- end }}
  size: {{ len .keyNN }}
"""
JINJA_SECTION = """section-NN:
  title: {{ keyNN | upper }}
  {%- if keyNN == "nothing" %}
  empty: true
  {%- else %}
  empty: false
  {%- endif %}
  items:
  {%- for item in list.split(",") %}
  - index: {{ loop.index0 }}
    name: {{ item | upper }}
  {%- endfor %}
  size: {{ keyNN | length }}
"""


def large(section: str) -> str:
    return "".join(section.replace("NN", str(n)) for n in range(16))


def context() -> Context:
    return Context(clock=time.time_ns, entropy=secrets.token_bytes, cpu_clock=time.thread_time)


def microseconds(call: Callable[[], object], seconds: float) -> float:
    """The time of one call: the best of five rounds, which other processes disturb least."""
    call()
    best = float("inf")
    for _ in range(5):
        calls, started = 0, time.perf_counter()
        while (spent := time.perf_counter() - started) < seconds / 5:
            call()
            calls += 1
        best = min(best, spent / calls)
    return best * 1e6


def rows(seconds: float) -> None:
    environment = jinja2.Environment(keep_trailing_newline=True, autoescape=False, undefined=jinja2.StrictUndefined)
    cases = (
        ("small, 3 keys", SMALL, SMALL.replace("{{ .", "{{ "), SMALL_DATA),
        (f"large, {large(GO_SECTION).count(chr(10))} lines", large(GO_SECTION), large(JINJA_SECTION), LARGE_DATA),
    )
    print(f"{'template':<20}{'ours compile':>14}{'ours render':>14}{'jinja2 compile':>16}{'jinja2 render':>15}   (us)")
    for title, go_source, jinja_source, data in cases:
        ours = compile_template(go_source, name="bench", dialect=EXTERNAL_SECRETS)
        theirs = environment.from_string(jinja_source)
        text = {name: value.decode() for name, value in data.items()}
        assert ours.render(data, context=context()) == theirs.render(text).encode()

        def compile_ours(source: str = go_source) -> Template:
            return compile_template(source, name="bench", dialect=EXTERNAL_SECRETS)

        def compile_theirs(source: str = jinja_source) -> jinja2.Template:
            return environment.from_string(source)

        def render_ours(template: Template = ours, values: dict[str, bytes] = data) -> bytes:
            return template.render(values, context=context())

        def render_theirs(template: jinja2.Template = theirs, values: dict[str, str] = text) -> str:
            return template.render(values)

        timed = [microseconds(call, seconds) for call in (compile_ours, render_ours, compile_theirs, render_theirs)]
        print(f"{title:<20}{timed[0]:>14.1f}{timed[1]:>14.1f}{timed[2]:>16.1f}{timed[3]:>15.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=2.0, help="time for each figure")
    rows(parser.parse_args().seconds)
