"""A Leadwire for your tests: in memory, in a thread of its own, on a port of its own.

```python
from leadwire_client import Client
from leadwire_client.testing import FakeLeadwire

with FakeLeadwire() as fake, Client(fake.url) as client:
    fake.add_lead(name="Ada", family_name="Lovelace", email="ada@example.com")
    assert client.count_leads().total == 1
```

It answers as Leadwire does in what a client can see, quickly and without a database. It can
also do what networks and servers do on bad days: `cut_streams`, `expire_cursors`, `restart`,
`refuse_next`.

For consumers of events there are `testing.events`, and a queue in memory in `testing.consumer`.
"""

from leadwire_client.testing.fake import FakeLeadwire
from leadwire_client.testing.refusal import Refusal

__all__ = ["FakeLeadwire", "Refusal"]
