"""What readers see: sign-up, confirmation, preferences, leaving, the archive."""

from flask import Blueprint

blueprint = Blueprint("public", __name__)
