"""The store: one database and its repositories."""

from classroom.store.accounts import Accounts
from classroom.store.activities import Activities
from classroom.store.audit import Audit
from classroom.store.chat import ChatLines
from classroom.store.checks import Checks
from classroom.store.comments import Comments
from classroom.store.consents import Consents
from classroom.store.courses import Courses
from classroom.store.courseware import CoursewareList
from classroom.store.database import Database
from classroom.store.exports import Exports
from classroom.store.feeds import Webhooks
from classroom.store.files import Files
from classroom.store.hand import HandEntries
from classroom.store.homework import HomeworkList
from classroom.store.imported import ImportedReturns
from classroom.store.journal import Journal
from classroom.store.lessons import LessonList
from classroom.store.links import Links
from classroom.store.materials import Materials
from classroom.store.months import Months
from classroom.store.people import People
from classroom.store.plans import Plans
from classroom.store.plays import Plays
from classroom.store.policies import Policies
from classroom.store.programs import Programs
from classroom.store.publications import Publications
from classroom.store.publicity import PublicityItems
from classroom.store.quizzes import Quizzes
from classroom.store.recordings import Recordings
from classroom.store.registry import RegistryStore
from classroom.store.rejudgings import Rejudgings
from classroom.store.resources import Resources
from classroom.store.returns import Returns
from classroom.store.reviews import Reviews
from classroom.store.sign_ins import SignIns
from classroom.store.standards import Standards
from classroom.store.sums import Sums
from classroom.store.timetable import Timetable
from classroom.store.uploads import Uploads
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
        self.comments = Comments(database)
        self.reviews = Reviews(database)
        self.chat = ChatLines(database)
        self.checks = Checks(database)
        self.quizzes = Quizzes(database)
        self.homework = HomeworkList(database)
        self.courseware = CoursewareList(database)
        self.people = People(database)
        self.plans = Plans(database)
        self.timetable = Timetable(database)
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
        self.exports = Exports(database)
        self.uploads = Uploads(database)
        self.consents = Consents(database)
        self.recordings = Recordings(database)
        self.publications = Publications(database)
        self.resources = Resources(database)
        self.courses = Courses(database)
        self.plays = Plays(database)

    @classmethod
    async def open(cls, url: str) -> "Store":
        """Opens `sqlite:///file` or `postgresql://…` and brings its tables up to date."""
        return cls(await Database.open(url))

    async def close(self) -> None:
        """Closes every connection. May be called again."""
        await self.audit.close()
        await self.database.close()
