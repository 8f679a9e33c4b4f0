"""What follows a bad rating (差评回访): contact, correction, review of objections, revisit.

The door is `handlers.following_up.service.FollowUps`; pages import nothing else of this package but its `views`.
`opening`, `deadlines`, `standing` and `shown` are imported by casework and must not import its door.
"""
