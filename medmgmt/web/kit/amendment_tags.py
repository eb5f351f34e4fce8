"""The small marker beside an entry of the chart that a patient asked to have amended."""

from django import template
from django.db.models import Model
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from medmgmt.amendments import Marks
from medmgmt.chart import Chart

register = template.Library()


@register.simple_tag(takes_context=True)
def amendment_mark(context: template.Context, row: Model) -> SafeString:
    """A badge for each request about the entry, with a way to it; nothing where there is none, nor off the chart."""
    chart = context.get("chart")
    marks = chart.amendments if isinstance(chart, Chart) else Marks()
    said = _("amendment asked")
    found = [(reverse("web:amendment", args=[one.pk]), said) for one in marks.of(row)]
    return format_html_join("", ' <a class="badge badge-info" href="{}">{}</a>', found)
