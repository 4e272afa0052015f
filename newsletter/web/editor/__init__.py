"""The desk: what editors see."""

from flask import Blueprint

blueprint = Blueprint("editor", __name__, url_prefix="/desk")
