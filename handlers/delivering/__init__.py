"""Sending: what waits in the outbox goes out by SMS, e-mail and group robots; the door is `service.Delivering`.

A message is divided into deliveries (one per recipient and channel, ever, for one fact), each is claimed with a lease,
sent, and settled: sent, tried again later with growing pauses, or given up and told to the administrator.

Between handing a message over and writing that down lies a moment in which a process can die. Its lease then runs
out and the message is sent once more with the same idempotency key: at least once, not exactly once. Gateways that take
a key (`{key}` in the SMS settings) and mail programs (Message-ID) drop the second copy; others show it twice.
"""
