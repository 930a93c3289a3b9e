"""The page of an import tells which columns a file must have."""

from django.template import Context, Template

from chemward.apps.monitoring.imports import TagImport


def test_a_page_that_is_given_an_import_can_list_its_columns():
    shown = Template("{% for c in kind.columns %}{{ c.heading }};{% endfor %}").render(
        Context({"kind": TagImport, "autoescape": False})
    )
    assert shown.count(";") >= len(TagImport.columns) > 0
