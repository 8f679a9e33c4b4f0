"""What follows a card: orders and their explanations, accountability, reminders by hand, appeals.

The door is `handlers.supervising.service.Supervision`; pages import nothing else of this package but its `views`
and `requests`. `carding`, `issuing` and `deadlines` are imported by casework and must not import its cards or its door.
"""
