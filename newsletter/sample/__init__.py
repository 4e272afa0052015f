"""The sample publication: something to look at and to send before anything has been typed.

Its people are invented, their addresses end in example.org, .net and .com, and they are only ever mailed by the
outbox. Loading it twice changes nothing; removing it leaves nothing behind but the suppressions.
"""
