"""What is kept about readers, and for how long."""

from flask import render_template
from flask.typing import ResponseReturnValue

from newsletter.web.policy import Who, allow
from newsletter.web.public import blueprint
from newsletter.web.public.visitor import the_publication


@blueprint.get("/privacy")
@allow(Who.PUBLIC)
def privacy() -> ResponseReturnValue:
    the_publication()
    return render_template("public/privacy.html")
