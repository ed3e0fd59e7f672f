/** Every word that the console says. */
import type { Status } from "./api/types.ts";

const number = new Intl.NumberFormat("en");

export const count = (n: number) => number.format(n);
/** Counts of the API end at 100,000: one more stands for any number beyond. */
export const capped = (n: number) => (n > 100_000 ? "100,000+" : number.format(n));
const leads = (n: number) => (n === 1 ? "1 lead" : `${count(n)} leads`);

/** A length of time in words: seconds, minutes, hours or days, whichever says enough. */
export function duration(seconds: number): string {
  const parts: [number, string][] = [
    [86_400, "d"],
    [3_600, "h"],
    [60, "min"],
  ];
  const whole = Math.max(0, Math.round(seconds));
  for (const [size, unit] of parts) {
    if (whole >= size) return `${count(Math.floor(whole / size))} ${unit}`;
  }
  return `${whole} s`;
}

const LONGEST_NAME = 60;
/** Letters from right to left, and marks that turn the direction of whatever follows. */
const TURNS = /[\u0590-\u08ff\u200f\u202a-\u202e\ufb1d-\ufdff\ufe70-\ufefc]/;

/** A name within a sentence: no longer than that bears, and the words around it stay in order. */
export function named(name: string): string {
  const letters = [...name];
  const short =
    letters.length > LONGEST_NAME ? `${letters.slice(0, LONGEST_NAME).join("")}…` : name;
  return TURNS.test(short) ? `\u2068${short}\u2069` : short;
}

const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "short" });

/** The time of a day. @param moment Milliseconds */
export const hour = (moment: number) => clock.format(moment);

export const STATUS: Record<Status, string> = {
  pending: "Pending",
  reached_out: "Reached out",
  interested: "Interested",
  not_interested: "Not interested",
};

export const t = {
  brand: "Leadwire",
  skip: "Skip to the content",
  loading: "Loading",
  close: "Close",
  cancel: "Cancel",
  tryAgain: "Try again",
  more: "Show more",
  ago: (age: string) => `${age} ago`,

  views: {
    work: "Work",
    leads: "Leads",
    import: "Import",
    managers: "Managers",
    flow: "Flow",
  },

  link: {
    connecting: "Connecting",
    live: "Live",
    away: "Away",
    awayLong: "Leadwire does not answer. What you see may be old; it catches up by itself.",
    again: (seconds: number) => `Next try in ${seconds} s.`,
  },

  theme: {
    label: "Colours",
    auto: "System colours",
    light: "Light",
    dark: "Dark",
  },

  logIn: {
    title: "Log in",
    ended: "Your session has ended. Log in and go on where you were: nothing is lost.",
    early: "Your session begins anew, and you go on where you are.",
    endsAt: (time: string) => `Your session ends at ${time}.`,
    again: "Log in again",
    name: "User name",
    password: "Password",
    submit: "Log in",
    out: "Log out",
    as: (name: string) => `Logged in as ${named(name)}`,
    wrong: "User name or password is wrong.",
    nothingAllowed:
      "Your roles allow nothing here. Ask an administrator for the role that you need.",
  },

  help: {
    title: "Keyboard shortcuts",
    open: "Shortcuts",
    single: "Single keys do something",
    singleHint: "Turn this off if you use speech input or type by accident.",
    groups: {
      everywhere: "Everywhere",
      work: "Work",
      leads: "Leads",
    },
    list: {
      help: "Show this list",
      go: "Go to Work, Leads, Import, Managers, Flow",
      close: "Close what is open",
      search: "Search",
      move: "Next or previous lead",
      ends: "First or last lead",
      open: "Open the lead",
      reached: "Mark as reached out",
      interested: "Mark as interested",
      notInterested: "Mark as not interested",
      swap: "Next of your leads",
      call: "Call the lead",
      mail: "Write to the lead",
    },
    api: "API documentation",
  },

  problem: {
    away: "Leadwire did not answer. See how it stands now, and try again if need be.",
    notLeadwire:
      "What answers at this address is not Leadwire. Perhaps a proxy asks you to sign in.",
    answered: (status: number, words: string) => `The server answered ${status} ${words}.`,
    tooMany: (seconds: number) =>
      `Too much was asked at once. Try again in ${Math.max(1, Math.ceil(seconds))} s.`,
    reference: (id: string) => `Reference ${id}`,
  },

  copy: (text: string) => `Copy ${text}`,
  copied: (text: string) => `Copied ${text}.`,

  lead: {
    call: (number: string) => `Call ${number}`,
    mail: (email: string) => `Write to ${email}`,
    resume: "Resume",
    resumeBusy: "Fetching the resume…",
    noCellphone: "No cellphone",
    extension: (digits: string) => `ext. ${digits}`,
    attributes: "More about this lead",
    cameIn: "Came in",
    from: { import: "import", form: "form", api: "API" } as Record<string, string>,
    source: "Source",
    assignee: "Manager",
    nobody: "Nobody",
    history: "History",
    noHistory: "Nothing yet, but that it came in.",
    why: "Why this manager",
    details: "Details of the lead",
    loadingDetails: "Loading the lead…",
    gone: "This lead is not here. It may have been erased, or the address is wrong.",
    id: "Id",
  },

  events: {
    lead_received: "Came in",
    lead_assigned: "Assigned",
    lead_released: "Waits again",
    lead_reached_out: "Reached out",
    lead_interested_created: "Interested",
    lead_not_interested_created: "Not interested",
    lead_corrected: "Corrected",
  } as Record<string, string>,

  actors: {
    matcher: "by the rule",
    unknown: "somebody",
  } as Record<string, string>,

  rules: {
    oldest_first: "oldest waiting lead",
    next_lead: "asked for the next lead",
    by_hand: "given by hand",
    reassigned: "taken from another manager",
    given_back: "given back",
    manager_removed: "the manager was removed",
    lead_erased: "the lead was erased",
    decided: "decided",
  } as Record<string, string>,

  assignment: {
    oldest_first: (manager: string) =>
      `It was the oldest lead waiting, and ${named(manager)} had been free longest.`,
    next_lead: (manager: string) =>
      `${named(manager)} asked for the next lead; this was the oldest.`,
    by_hand: (manager: string) => `Somebody gave it to ${named(manager)}.`,
    reassigned: (manager: string) => `Somebody took it from another manager for ${named(manager)}.`,
    free: "Free at that moment",
    since: "free since",
    verdict: {
      chosen: "got it",
      gave_it_back: "had given it back",
      free_for_less: "free for less long",
    } as Record<string, string>,
    moreFree: "Others were free for less long.",
    older: "An older lead was waiting, which did not count here.",
    never: "Nobody has had this lead yet.",
  },

  marks: {
    reached_out: "Reached out",
    interested: "Interested",
    not_interested: "Not interested",
    done: (name: string, status: Status) => `${named(name)}: ${STATUS[status].toLowerCase()}.`,
    next: (name: string) => `Next is ${named(name)}.`,
    overtaken: (who: string, status: Status) =>
      `Somebody was faster: ${named(who)} marked this lead as ${STATUS[status].toLowerCase()}. Nothing that you did is lost; what you see is how it stands now.`,
    changed:
      "This lead changed while you looked at it, so nothing was saved. What you see is how it stands now: decide again.",
    correct: "Correct the decision",
    correctedBy: "Was this a mistake? An administrator can correct it.",
    correctTo: (status: Status) => `Correct to ${STATUS[status].toLowerCase()}`,
    reason: "Why",
    reasonHint: "Others see this in the history.",
    giveBack: "Give back",
    giveBackTitle: (name: string) => `Give ${named(name)} back?`,
    giveBackText: "It waits again at its old age and goes to whoever is free next.",
    gaveBack: (name: string) => `${named(name)} waits for somebody else.`,
  },

  work: {
    as: "Working as",
    choose: "Who are you?",
    chooseText: "Choose the manager whose leads you want to work on.",
    change: "Change",
    search: "Find a manager",
    none: "There is no manager yet.",
    noneHint: "Add the first one, and he gets the oldest lead that waits.",
    noneFound: "No manager has such a name.",
    toManagers: "Add managers",
    notAManager: "Your account is not tied to a manager, so no lead is yours.",
    empty: "No lead waits for you",
    emptyText: "The next one appears here by itself, as soon as it comes in.",
    paused: "You are paused",
    pausedText: "You get nothing new until you resume.",
    pause: "Pause",
    resume: "Resume",
    takeNext: "Take the next lead",
    yours: (n: number) => `Your leads (${n})`,
    yoursFor: "yours for",
    gone: "There is no such manager, or he was removed. Choose another one.",
    today: "Decided here",
    taken: (name: string) =>
      `${named(name)} is not with you any more: it was given back, given to somebody else, or erased.`,
  },

  leadsView: {
    search: "Search name, email or number",
    status: "Status",
    assigned: "Assigned",
    assignedYes: "To somebody",
    assignedNo: "To nobody",
    assignedToMe: "To me",
    origin: "Source",
    originAny: "Any source",
    assignedAny: "Anybody",
    clear: "Clear filters",
    clearOne: (filter: string) => `Clear the filter: ${filter}`,
    others: {
      manager_id: (name: string) => `Manager: ${named(name)}`,
      import_id: () => "Of one import",
      email_domain: (domain: string) => `Emails at ${domain}`,
      created_after: (moment: string) => `Came in after ${moment}`,
      created_before: (moment: string) => `Came in before ${moment}`,
    } as Record<string, (value: string) => string>,
    columns: {
      name: "Name",
      contact: "Email",
      phone: "Cellphone",
      status: "Status",
      manager: "Manager",
      created: "Came in",
    },
    sortedBy: (column: string) => `Sort by ${column}`,
    shown: (n: number) => leads(n),
    ofAll: (n: number, all: number) => `${count(n)} of ${leads(all)}`,
    loading: (n: number) => `Loading, ${leads(n)} so far`,
    full: (most: number) =>
      `Only the first ${count(most)} are kept here. Narrow the filters to see the others.`,
    empty: "No leads yet",
    emptyText: "Import a file, or have people fill in the form; they appear here at once.",
    toImport: "Import leads",
    nothing: "No lead matches",
    nothingText: "Clear a filter, or search for less.",
    table: "Leads",
    away: "Changes do not come in now. What you see may be old; it catches up by itself.",
  },

  importView: {
    drop: "Drop a file of leads here",
    or: "or",
    choose: "Choose a file",
    formats: "CSV, NDJSON or JSON, also packed with gzip. Nothing is stored before you say so.",
    other: "Choose another file",
    unreadable:
      "This file cannot be read: it was moved or changed, or what packs it is broken. Choose it again.",
    notText:
      "This is not text, but perhaps a workbook, a picture or a PDF. Save it as CSV, and choose that.",
    noHeader:
      "The first line seems to be a lead, not the names of the columns. Put a line of names above it; as it is, this lead is left out.",
    empty: "This file is empty. Choose another one.",
    several: "These are several files. Drop one, and the next once that is imported.",
    columns: "Which column is what",
    columnsText:
      "Recognised by their names. Correct what is wrong; the rest is kept as extra data.",
    fields: {
      name: "Name",
      family_name: "Family name",
      email: "Email",
      cellphone: "Cellphone",
    } as Record<string, string>,
    notChosen: "Choose a column",
    twice: "Two fields have the same column.",
    missing: (fields: string[]) => `Choose a column for ${fields.join(", ")}.`,
    noColumns: "The columns of this file are found by the server.",
    region: "Numbers without + are from",
    regionNone: "nowhere: they need a +",
    regionMissing:
      "If numbers failed that do not begin with +, choose above where they are from, and check again.",
    check: "Check the file",
    checking: "Checking…",
    checkText: "A dry run tells what would happen, row by row, and stores nothing.",
    sentAll: "Sent; Leadwire looks at it",
    sending: (percent: number) => `Sending, ${percent}%`,
    checked: "What would happen",
    wouldImport: (n: number) => `${leads(n)} would be imported`,
    wouldFail: (n: number) => (n === 1 ? "1 row would fail" : `${count(n)} rows would fail`),
    start: (n: number) => `Import ${leads(n)}`,
    nothingToImport: "No row can be imported as it is.",
    running: "Importing",
    rate: (n: number) => `${count(Math.round(n))} rows/s`,
    left: (seconds: number) => `about ${duration(seconds)} left`,
    cancel: "Stop the import",
    received: "Rows",
    imported: "Imported",
    failed: "Failed",
    headersFound: "Columns found:",
    status: {
      running: "Running",
      completed: "Completed",
      failed: "Broke off",
      cancelled: "Stopped",
    } as Record<string, string>,
    receipt: "Receipt",
    reasons: "Failures by reason",
    reasonsOf: (n: number) => `Of the first ${count(n)} failures. The file has all.`,
    counting: "Counting the failures…",
    codes: {
      name_missing: "Name is missing",
      family_name_missing: "Family name is missing",
      name_invalid: "Name is not valid",
      email_missing: "Email is missing",
      email_invalid: "Email is not valid",
      email_exists: "Email exists already",
      cellphone_missing: "Cellphone is missing",
      cellphone_invalid: "Cellphone is not valid",
      cellphone_exists: "Cellphone exists already",
      row_malformed: "Row cannot be read",
      row_too_large: "Row is too large",
    } as Record<string, string>,
    first: "First failures",
    row: "Row",
    reason: "Reason",
    values: "Values",
    download: "Download all failures (CSV)",
    downloading: "Downloading…",
    allWell: "Every row became a lead.",
    showLeads: "Show these leads",
    another: "Import another file",
    earlier: "Earlier imports",
    newest: (shown: number) => `The newest ${count(shown)}; the API has all.`,
    noEarlier: "Nothing was imported yet.",
    started: "Started",
    leftWhileSending:
      "The file was still being sent when you left, and that has stopped. If its import had begun, it stands among the earlier ones.",
    lost: "There is no such import. Choose one below.",
  },

  managersView: {
    search: "Find by name",
    add: "Add a manager",
    state: {
      free: "Free",
      busy: "Busy",
      paused: "Paused",
      removed: "Removed",
    } as Record<string, string>,
    columns: { name: "Name", state: "State", work: "Works on", since: "Since" },
    name: "Name",
    email: "Email (optional)",
    capacity: "Leads at once",
    save: "Add",
    change: "Change",
    changeTitle: (name: string) => `Change ${named(name)}`,
    saveChange: "Save",
    changed: (name: string) => `${named(name)} was changed.`,
    added: (name: string) => `${named(name)} was added.`,
    pause: "Pause",
    resume: "Resume",
    remove: "Remove",
    restore: "Restore",
    nothing: "nothing",
    freeFor: "for",
    removeTitle: (name: string) => `Remove ${named(name)}?`,
    removeNothing: "He holds no lead. Nothing else changes.",
    removeLeads: (n: number) => `${n === 1 ? "His lead goes" : "His leads go"} on at once:`,
    goesTo: (name: string) => `goes to ${named(name)}`,
    waits: "waits at its old age, since nobody is free",
    removed: (name: string) => `${named(name)} was removed.`,
    restored: (name: string) => `${named(name)} is back.`,
    pausedNow: (name: string) => `${named(name)} gets nothing new.`,
    resumedNow: (name: string) => `${named(name)} gets leads again.`,
    none: "No manager yet",
    noneText: "Add one, and he gets the oldest lead that waits.",
    noneFound: "No manager matches",
    noneFoundText: "Search for less, or show all. Managers are found by their names.",
    amongLeads: "Search among the leads",
    first: (n: number) => `Only the first ${count(n)} are shown. Find others by their name.`,
    actions: (name: string) => `Actions for ${name}`,
    moreLeads: (n: number) => `and ${count(n)} more`,
  },

  flow: {
    waiting: "Leads waiting",
    oldest: (age: string) => `oldest for ${age}`,
    noneWaits: "nobody waits",
    working: "Being worked on",
    workingText: "by a manager each",
    decisions: "Decisions per minute",
    decisionsAgo: (n: number, minutes: number) =>
      minutes === 1 ? `${count(n)} in the last minute` : `${count(n)}, ${minutes} minutes ago`,
    decisionsTotal: (n: number) => `${count(n)} in 15 minutes`,
    relay: "Longest relay lag",
    notKnown: "not known now",
    notKnownOf: (services: readonly string[]) => `not known of ${services.join(", ")}`,
    parkedNotKnownOf: (services: readonly string[]) =>
      `What is parked is not known of ${services.join(", ")}.`,
    relayText: (n: number) => (n === 0 ? "nothing to publish" : `${capped(n)} events to publish`),
    parked: "Parked",
    parkedText: "events set aside",
    chart: "Decisions in each of the last 15 minutes",
    services: "Services",
    service: "Service",
    lag: "Relay lag",
    pending: "To publish",
    toHandle: "To handle",
    brokerAway: "broker does not answer",
    missing: (names: string[]) => `lacks at the broker: ${names.join(", ")}`,
    serviceAway: "does not answer",
    events: "Parked events",
    noParked: "Nothing is parked. What cannot be handled would wait here, with its reason.",
    event: "Event",
    for: "For",
    why: "Reason",
    since: "Since",
    requeue: "Requeue",
    requeued: "Requeued.",
    requeueAll: "Requeue all",
    requeuedMany: (service: string, n: number, refused: number) =>
      `${service}: ${count(n)} requeued${refused > 0 ? `, ${count(refused)} refused` : ""}.`,
    firstParked: (shown: number, all: number) => `The first ${count(shown)} of ${capped(all)}.`,
    firstWebhooks: (shown: number) => `Only the first ${count(shown)} are shown.`,
    firstDeliveries: (shown: number) => `The newest ${count(shown)}.`,
    discard: "Discard",
    discardTitle: "Discard this event?",
    discardText: "It is gone for good. Its id and your reason are kept.",
    discardReason: "Why (write nothing personal)",
    discarded: "Discarded.",
    deliveries: "Deliveries",
    noDeliveries: "No delivery is in this state.",
    deliveryStatus: {
      parked: "Given up",
      pending: "Pending",
      delivered: "Delivered",
      cancelled: "Cancelled",
    } as Record<string, string>,
    kind: "What",
    to: "To",
    attempts: "Attempts",
    outcome: "Last answer",
    retry: "Retry",
    retried: "It is tried again.",
    retriedMany: (n: number) =>
      n === 1 ? "1 delivery is tried again." : `${count(n)} deliveries are tried again.`,
    webhooks: "Webhooks",
    noWebhooks: "No other system gets events yet. Add the address of one.",
    addWebhook: "Add a webhook",
    url: "Address",
    types: "Events",
    allTypes: "every event",
    allTypesToCome: "Every event, also of types to come",
    theseTypes: "Only these",
    noTypes: "Choose one at least.",
    description: "What it is for (optional)",
    add: "Add",
    change: "Change",
    save: "Save",
    remove: "Remove",
    changeWebhook: "Change the webhook",
    webhookChanged: "The webhook was changed.",
    removeWebhook: "Remove this webhook",
    removeWebhookTitle: "Remove this webhook?",
    removeWebhookText:
      "It gets nothing more. What waits for it, or was given up, is cancelled; the list of its deliveries stays.",
    webhookRemoved: "The webhook was removed.",
    secret: "Its secret, shown this once. Keep it:",
    webhookState: {
      enabled: "Enabled",
      paused: "Paused",
      disabled: "Disabled",
    } as Record<string, string>,
    failing: (n: number) => `${count(n)} failed in a row`,
    test: "Send a test",
    testing: "Testing…",
    testTaken: (ms: number) => `It took the test event, in ${Math.round(ms)} ms.`,
    testRefused: (why: string) => `It did not take the test event: ${why}.`,
    pause: "Pause",
    enable: "Enable",
    retryAll: "Retry what was given up",
    state: "State",
  },
} as const;
