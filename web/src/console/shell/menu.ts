import { Calendar, Checked, Collection, Connection, DataLine, Document, EditPen, Film, Grid, HomeFilled, Key as KeyIcon, Link as LinkIcon, List, Monitor, Notebook, OfficeBuilding, Promotion, QuestionFilled, Reading, Setting, Stamp, Tickets, Upload, User, VideoCamera, View } from "@element-plus/icons-vue";
import type { Component } from "vue";
import { may, type Role } from "../session";
import type { Key } from "../strings";

export interface MenuItem {
  to: string;
  name: Key;
  icon: Component;
  may: string;
  /** Also lit on the pages below this address. */
  below?: string;
}

export interface MenuGroup {
  name: Key;
  items: MenuItem[];
}

const BUREAU: MenuGroup[] = [
  {
    name: "group_month",
    items: [
      { to: "/bureau", name: "nav_home", icon: HomeFilled, may: "read_ledger" },
      { to: "/bureau/returns", name: "nav_returns", icon: Document, may: "read_ledger", below: "/bureau/returns" },
      { to: "/bureau/matrix", name: "nav_matrix", icon: Grid, may: "read_ledger" },
      { to: "/bureau/activities", name: "nav_activities", icon: List, may: "read_ledger" },
      { to: "/bureau/quizzes", name: "quiz_term_title", icon: Checked, may: "read_ledger" },
      { to: "/bureau/pending", name: "nav_pending", icon: QuestionFilled, may: "approve" },
      { to: "/bureau/hand", name: "nav_hand", icon: EditPen, may: "approve" },
      { to: "/bureau/live", name: "nav_live", icon: VideoCamera, may: "observe" },
      { to: "/bureau/progress", name: "nav_progress", icon: DataLine, may: "read_ledger" },
    ],
  },
  {
    name: "group_keeping",
    items: [
      { to: "/bureau/recordings", name: "nav_recordings", icon: Film, may: "keep_recordings" },
      { to: "/bureau/consents", name: "nav_consents", icon: Stamp, may: "keep_recordings" },
    ],
  },
  {
    name: "group_registry",
    items: [
      { to: "/bureau/registry/schools", name: "nav_schools", icon: OfficeBuilding, may: "read_ledger", below: "/bureau/registry/schools" },
      { to: "/bureau/registry/pairs", name: "nav_pairs", icon: Connection, may: "read_ledger", below: "/bureau/registry/pairs" },
      { to: "/bureau/registry/equipment", name: "equipment_title", icon: Monitor, may: "read_ledger" },
      { to: "/bureau/registry/materials", name: "materials_title", icon: Tickets, may: "read_ledger" },
      { to: "/bureau/registry/publicity", name: "publicity_title", icon: Reading, may: "read_ledger" },
      { to: "/bureau/registry/import", name: "import_title", icon: Upload, may: "keep_registry" },
    ],
  },
  {
    name: "group_rules",
    items: [
      { to: "/bureau/calendar", name: "nav_calendar", icon: Calendar, may: "read_ledger" },
      { to: "/bureau/policy", name: "nav_policy", icon: Setting, may: "keep_policy" },
    ],
  },
];

const SERVER: MenuGroup = {
  name: "group_server",
  items: [
    { to: "/admin/accounts", name: "nav_accounts", icon: User, may: "keep_accounts" },
    { to: "/admin/links", name: "nav_links", icon: LinkIcon, may: "mint_link" },
    { to: "/admin/audit", name: "nav_audit", icon: Notebook, may: "read_audit" },
    { to: "/admin/programs", name: "nav_programs", icon: KeyIcon, may: "keep_programs" },
    { to: "/admin/webhooks", name: "nav_webhooks", icon: Promotion, may: "keep_programs" },
  ],
};

const library = (desk: string): MenuGroup => ({
  name: "group_library",
  items: [
    { to: `${desk}/resources`, name: "nav_resources", icon: Film, may: "read_resources" },
    { to: `${desk}/courses`, name: "nav_courses", icon: Collection, may: "read_resources" },
    { to: `${desk}/usage`, name: "nav_usage", icon: View, may: "read_resources" },
  ],
});

const SCHOOL: MenuGroup[] = [
  {
    name: "group_month",
    items: [
      { to: "/school", name: "school_nav_month", icon: HomeFilled, may: "file_return" },
      { to: "/school/returns", name: "school_nav_return", icon: Document, may: "file_return", below: "/school/return" },
      { to: "/school/activities", name: "school_nav_activities", icon: List, may: "read_ledger" },
      { to: "/school/quizzes", name: "quiz_term_title", icon: Checked, may: "read_ledger" },
      { to: "/school/pending", name: "school_nav_pending", icon: QuestionFilled, may: "propose" },
      { to: "/school/hand", name: "school_nav_hand", icon: EditPen, may: "propose" },
      { to: "/school/timetable", name: "school_nav_timetable", icon: Calendar, may: "keep_timetable" },
    ],
  },
  {
    name: "group_keeping",
    items: [
      { to: "/school/recordings", name: "nav_recordings", icon: Film, may: "keep_recordings" },
      { to: "/school/consents", name: "nav_consents", icon: Stamp, may: "keep_recordings" },
    ],
  },
  {
    name: "group_registry",
    items: [
      { to: "/school/registry", name: "school_nav_registry", icon: OfficeBuilding, may: "keep_school" },
      { to: "/school/materials", name: "school_nav_materials", icon: Tickets, may: "keep_school" },
      { to: "/school/publicity", name: "school_nav_publicity", icon: Reading, may: "keep_school" },
    ],
  },
];

/** What stands in the menu of this role: only what it may do. */
export function menuOf(role: Role): MenuGroup[] {
  const all = role === "school_officer" || role === "teacher" ? [...SCHOOL, library("/school")] : [...BUREAU, library("/bureau"), SERVER];
  return all.map((group) => ({ ...group, items: group.items.filter((item) => may(item.may)) })).filter((group) => group.items.length > 0);
}
