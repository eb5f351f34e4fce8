"""Gives the role as which the service runs exactly the rights it needs in a database that it does not own."""

import os
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connection, transaction
from psycopg import sql

from medmgmt.management import grants


class Command(BaseCommand):
    """manage.py grant_service ROLE: run as the owner of the tables, after each migrate; makes the role where it is
    missing, with the password in SERVICE_PASSWORD."""

    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("role", help="the role in the service's DATABASE_URL; another one than the owner")

    def handle(self, *args: Any, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles. An SQLite file belongs to whoever can write to it.")
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SELECT current_user, current_schema()")
            owner, schema = cursor.fetchone()
            if owner == options["role"]:
                raise CommandError("The service's role must be another one than the owner, who runs this command.")
            make(cursor, options["role"])
            said = list(grants.statements(options["role"], schema))
            for statement in said:
                cursor.execute(statement)
        self.stdout.write(f"{options['role']} has its rights, and no others.")


def make(cursor: Any, role: str) -> None:
    """The role, able to sign in and nothing else; its password is set anew where one is given."""
    cursor.execute(
        "SELECT rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]
    )
    known = cursor.fetchone()
    if known is None:
        cursor.execute(sql.SQL("CREATE ROLE {} LOGIN").format(sql.Identifier(role)))
    elif known[0] or is_in_another(cursor, role):
        raise CommandError(
            "This role may do more than a service should: no superuser, no maker of roles, no member of another role."
        )
    password = os.environ.get("SERVICE_PASSWORD", "")
    if password:
        cursor.execute(sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(role), sql.Literal(password)))


def is_in_another(cursor: Any, role: str) -> bool:
    """Whether it may act as some other role."""
    cursor.execute("SELECT 1 FROM pg_auth_members WHERE member = (SELECT oid FROM pg_roles WHERE rolname = %s)", [role])
    return cursor.fetchone() is not None
