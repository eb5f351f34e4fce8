"""Django's admin for people who sign in and their teams; nothing of a patient's record is editable here."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.utils.translation import gettext_lazy as _

from medmgmt.record.models import CareTeam, CareTeamMember, User

if TYPE_CHECKING:  # generic for the type checker alone
    MemberInline = admin.TabularInline[CareTeamMember, CareTeam]
    TeamAdmin = admin.ModelAdmin[CareTeam]
    LoginAdmin = UserAdmin[User]
else:
    MemberInline, TeamAdmin, LoginAdmin = admin.TabularInline, admin.ModelAdmin, UserAdmin


class Members(MemberInline):
    """Who is in the team, and since when; an ended membership stays, with its end."""

    model = CareTeamMember
    extra = 0
    can_delete = False


@admin.register(CareTeam)
class CareTeamAdmin(TeamAdmin):
    inlines = [Members]
    search_fields = ["name"]


@admin.register(User)
class StaffAdmin(LoginAdmin):
    """Logins and their roles; a login is made inactive, never deleted."""

    list_display = ["username", "role", "is_active", "is_staff", "last_login"]
    list_filter = ["role", "is_active"]
    raw_id_fields = ["patient"]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (_("Role"), {"fields": ["role", "patient", "is_active", "is_staff", "is_superuser"]}),
        (_("Person"), {"fields": ["first_name", "last_name", "email"]}),
    ]
    add_fieldsets = [(None, {"fields": ["username", "role", "patient", "usable_password", "password1", "password2"]})]

    def has_delete_permission(self, request: object, obj: User | None = None) -> bool:
        return False
