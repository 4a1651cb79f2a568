"""The store: one database and its repositories."""

from classroom.store.accounts import Accounts
from classroom.store.activities import Activities
from classroom.store.audit import Audit
from classroom.store.database import Database
from classroom.store.feeds import Webhooks
from classroom.store.files import Files
from classroom.store.hand import HandEntries
from classroom.store.imported import ImportedReturns
from classroom.store.journal import Journal
from classroom.store.lessons import LessonList
from classroom.store.links import Links
from classroom.store.materials import Materials
from classroom.store.months import Months
from classroom.store.people import People
from classroom.store.policies import Policies
from classroom.store.programs import Programs
from classroom.store.publicity import PublicityItems
from classroom.store.registry import RegistryStore
from classroom.store.rejudgings import Rejudgings
from classroom.store.returns import Returns
from classroom.store.sign_ins import SignIns
from classroom.store.standards import Standards
from classroom.store.sums import Sums
from classroom.store.words import Words


class Store:
    """Everything that outlives the process, but for recordings."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.journal = Journal(database)
        self.registry = RegistryStore(database)
        self.links = Links(database)
        self.lessons = LessonList(database)
        self.activities = Activities(database)
        self.sums = Sums(database)
        self.words = Words(database)
        self.hand_entries = HandEntries(database)
        self.audit = Audit(database)
        self.accounts = Accounts(database)
        self.sign_ins = SignIns(database)
        self.files = Files(database)
        self.people = People(database)
        self.standards = Standards(database)
        self.imported = ImportedReturns(database)
        self.materials = Materials(database)
        self.publicity = PublicityItems(database)
        self.months = Months(database)
        self.policies = Policies(database)
        self.rejudgings = Rejudgings(database)
        self.returns = Returns(database)
        self.programs = Programs(database)
        self.webhooks = Webhooks(database)

    @classmethod
    async def open(cls, url: str) -> "Store":
        """Opens `sqlite:///file` or `postgresql://…` and brings its tables up to date."""
        return cls(await Database.open(url))

    async def close(self) -> None:
        """Closes every connection. May be called again."""
        await self.database.close()
