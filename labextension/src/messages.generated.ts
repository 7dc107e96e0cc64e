/** The messages between kernel and page; written by `python -m scripts.messages`. */

export type LabFromKernel = LabHello | LabState | Verdict | Problem;
export type Verdict = AnswerTaken | AnswerTooEarly;
export type PanelFromKernel =
  PanelSnapshot | PanelTurn | PanelPatch | Verdict | Code | HistoryFromKernel | SignInFromKernel;
export type Item = TextItem | NoticeItem | ToolItem;
export type Request = PermissionRequest | QuestionRequest | TrustRequest;
export type PanelOp =
  | ["turn_op", string, TurnOp]
  | ["head", Head]
  | ["turns", Head[]]
  | ["state", SessionChange]
  | ["draft", Draft]
  | ["taken", string]
  | ["withdrawn", string, string]
  | ["undone", string]
  | ["problem", string]
  | ["heard"];
export type TurnOp =
  | ["put", Item]
  | ["append", string, string]
  | ["turn", TurnStatus]
  | ["request", Request]
  | ["request_done", string, string];
export type HistoryFromKernel = HistoryState | HistoryAnswer;
export type HistoryAnswer = HistoryPlan | HistoryDone | HistoryError;
export type SignInFromKernel = SignInNews | SignInProblem;
export type PanelFromPage =
  | Hello
  | Want
  | Ask
  | Withdraw
  | Answer
  | StopTurn
  | AskOtherModelInTurn
  | HistoryFromPage
  | SignInFromPage
  | DraftTyped
  | Interrupt
  | New
  | Resume
  | ChooseModel
  | ChooseMode;
export type HistoryFromPage = HistoryHello | HistoryAsk;
export type HistoryAsk = HistoryPreview | HistoryRewind | HistoryUndo | HistoryBranch;
export type SignInFromPage = SignInAction | SignInLogin | SignInSecret;
export type SavedItem = SavedText | SavedNotice | SavedTool;
export type TurnFromKernel = TurnSnapshot | TurnPatch | Verdict | Code;
export type TurnFromPage = Hello | Answer | StopThisTurn | AskOtherModel;
export type WidgetKind = "turn" | "requests" | "panel" | "history" | "signin";

/**
 * What none of the other definitions names.
 */
export interface Messages {
  CodeWanted: CodeWanted;
  KeptOnDisk: KeptOnDisk;
  LabFromKernel: LabFromKernel;
  Numbered: Numbered;
  PanelFromKernel: PanelFromKernel;
  PanelFromPage: PanelFromPage;
  PlanOfFiles: PlanOfFiles;
  RewindChoice: RewindChoice;
  SavedTurn: SavedTurn;
  Situation: Situation;
  TurnFromKernel: TurnFromKernel;
  TurnFromPage: TurnFromPage;
  WidgetKind: WidgetKind;
}
/**
 * Asks for the code of all views; on each line of a widget and of the panel.
 */
export interface CodeWanted {
  type: "code";
}
/**
 * What can be undone and gone to.
 */
export interface KeptOnDisk {
  /**
   * What "Undo rewind" would undo; "" if nothing.
   */
  undo: string;
  branches: Branch[];
}
/**
 * A conversation that a rewind left.
 */
export interface Branch {
  id: string;
  /**
   * The first prompt that only it has.
   */
  label: string;
  turns: number;
  /**
   * When it was left, in ISO 8601.
   */
  time: string;
}
/**
 * There is a session.
 */
export interface LabHello {
  type: "hello";
  panel: PanelAddress;
}
/**
 * Where the chat panel is, and the traits that its widget would have.
 */
export interface PanelAddress {
  /**
   * The comm's.
   */
  id: string;
  /**
   * The digest of the views' code.
   */
  code: string;
  /**
   * Names the notebook.
   */
  notebook: string;
  /**
   * Names the kernel's process.
   */
  session: string;
}
/**
 * What the session is doing, and what waits for the user's answer.
 */
export interface LabState {
  type: "state";
  session: SessionState;
  waiting: Waiting[];
}
/**
 * What the session is doing now.
 */
export interface SessionState {
  status: "idle" | "working" | "waiting";
  /**
   * Prompts that wait for their turn.
   */
  queued: number;
  model: string;
  models: Choice[];
  mode: string;
  modes: Choice[];
  context: Context | null;
  /**
   * What was spent, in words.
   */
  cost: string;
  cost_usd: number;
  budget_usd: number | null;
  /**
   * Whether the account pays no dollars for tokens.
   */
  subscription: boolean;
  /**
   * What is known of the subscription's limits.
   */
  limits: string;
  /**
   * The conversation; null before anything was asked in it.
   */
  session_id: string | null;
  title: string;
  folder: string;
  practice: boolean;
  /**
   * Claude Code's, once it has been started.
   */
  version: string;
  /**
   * What is to be said of turns that a rewind took back, by their ids; "" if they came back.
   */
  taken_back: {
    [k: string]: string;
  };
}
/**
 * One choice: a model or a permission mode.
 */
export interface Choice {
  value: string;
  label: string;
  description: string;
}
/**
 * How full the model's context is.
 */
export interface Context {
  tokens: number;
  max: number;
  percent: number;
}
/**
 * What a notification needs of a request.
 */
export interface Waiting {
  id: string;
  kind: "permission" | "question" | "trust";
  /**
   * The tool that Claude wants to use; "" for a question.
   */
  tool: string;
}
/**
 * An answer counts. Sent at once, from any thread, and therefore without a number.
 */
export interface AnswerTaken {
  type: "taken";
  request: string;
  behavior: "allow" | "deny";
}
/**
 * An answer came before anybody can have read the request: it still waits. As `AnswerTaken`.
 */
export interface AnswerTooEarly {
  type: "early";
  request: string;
}
/**
 * What went wrong with what a page wanted, in one line.
 */
export interface Problem {
  type: "problem";
  text: string;
}
/**
 * What a message to a widget or a panel has in addition, unless it is a `Verdict` or `Code`.
 */
export interface Numbered {
  /**
   * Counts the messages; a page that missed one asks for everything.
   */
  seq: number;
}
/**
 * Everything there is, but for what the turns consist of.
 */
export interface PanelSnapshot {
  type: "snapshot";
  panel: Panel;
}
/**
 * The panel without what the turns consist of.
 */
export interface Panel {
  state: SessionState;
  draft: string;
  turns: Head[];
}
/**
 * What the list of turns says of one of them.
 */
export interface Head {
  id: string;
  number: number;
  /**
   * The beginning of the prompt; "" for what Claude did unasked.
   */
  prompt: string;
  state: "queued" | "running" | "done" | "failed" | "interrupted";
  /**
   * When it began, in ISO 8601.
   */
  time: string;
  /**
   * How many requests wait for an answer.
   */
  requests: number;
  withdrawable: boolean;
}
/**
 * A turn that a view wanted.
 */
export interface PanelTurn {
  type: "turn";
  turn: Turn;
}
/**
 * A whole turn.
 */
export interface Turn {
  number: number;
  state: "queued" | "running" | "done" | "failed" | "interrupted";
  status: string;
  cost: string;
  error: string;
  left: string;
  id: string;
  prompt: string;
  practice: boolean;
  items: Item[];
  requests: Request[];
}
/**
 * Text, or thinking.
 */
export interface TextItem {
  id: string;
  kind: "text" | "thinking";
  /**
   * The call whose subagent wrote it; "" for Claude's own.
   */
  parent: string;
  text: string;
}
/**
 * A line about the turn.
 */
export interface NoticeItem {
  wait?: Wait;
  id: string;
  kind: "notice";
  level: "info" | "warning" | "error";
  text: string;
}
/**
 * The API refused to answer, and will be asked again.
 */
export interface Wait {
  /**
   * When, in milliseconds from now.
   */
  ms: number;
  /**
   * What stands before the time that is left.
   */
  before: string;
  after: string;
  /**
   * The models that could be asked instead.
   */
  models: OtherModel[];
}
/**
 * A model that the user could ask instead.
 */
export interface OtherModel {
  value: string;
  label: string;
}
/**
 * A tool call; of a long input and output only the beginning.
 */
export interface ToolItem {
  id: string;
  kind: "tool";
  /**
   * The call whose subagent made it; "" for Claude's own.
   */
  parent: string;
  name: string;
  summary: string;
  state: "waiting" | "running" | "done" | "failed" | "denied" | "stopped";
  input: string;
  input_kind: "command" | "diff" | "json" | "text" | "todos";
  /**
   * How many lines a diff adds and removes, such as "+3 −1".
   */
  counts: string;
  output: string;
  images: ToolImage[];
  /**
   * The to-do list, on the one call of a turn that shows it.
   */
  todos: Todo[];
  /**
   * What a subagent has done so far.
   */
  progress: string;
  note: string;
}
/**
 * An image that a tool gave back, in base64.
 */
export interface ToolImage {
  media_type: string;
  data: string;
  alt: string;
}
/**
 * One line of Claude's to-do list.
 */
export interface Todo {
  content: string;
  status: "to do" | "in progress" | "done";
}
/**
 * Asks whether a tool may run.
 */
export interface PermissionRequest {
  id: string;
  kind: "permission";
  /**
   * What happens without an answer, as a sentence.
   */
  waiting: string;
  tool: string;
  /**
   * Why Claude Code asks, in its own words.
   */
  reason: string;
  /**
   * The command that would run.
   */
  command: string | null;
  /**
   * The file that would change.
   */
  path: string | null;
  /**
   * Whether that file does not exist yet.
   */
  new_file: boolean;
  /**
   * How that file would change.
   */
  diff: string | null;
  /**
   * The rest of the input: all that neither command nor diff shows.
   */
  fields: Field[];
  /**
   * What Claude says of its command, in one line.
   */
  says: string;
  /**
   * The "Always allow" buttons.
   */
  suggestions: AlwaysAllow[];
}
/**
 * One field of a tool's input that nothing else in the request shows.
 */
export interface Field {
  name: string;
  value: string;
}
/**
 * One "Always allow" button: the suggestion's index, and the button's label.
 */
export interface AlwaysAllow {
  index: number;
  label: string;
}
/**
 * Asks for the user's choice.
 */
export interface QuestionRequest {
  id: string;
  kind: "question";
  waiting: string;
  questions: Question[];
}
/**
 * One question, as the AskUserQuestion tool gives it.
 */
export interface Question {
  question: string;
  header: string;
  options: Option[];
  multiSelect: boolean;
}
/**
 * One thing that the user can choose as an answer.
 */
export interface Option {
  label: string;
  description: string;
}
/**
 * Asks whether a folder's settings for Claude Code count.
 */
export interface TrustRequest {
  id: string;
  kind: "trust";
  waiting: string;
  /**
   * The title, in a tool's place.
   */
  tool: string;
  /**
   * The folder.
   */
  path: string;
  /**
   * What such settings can do.
   */
  description: string;
  /**
   * What was found, in one line.
   */
  summary: string;
  findings: FoundSetting[];
  /**
   * Whether a yes is possible; not where there is too much to be read.
   */
  trustable: boolean;
}
/**
 * One setting of a folder that the user must read: the file that has it, and its text.
 */
export interface FoundSetting {
  file: string;
  title: string;
  text: string;
}
/**
 * What has changed since the message before.
 */
export interface PanelPatch {
  type: "patch";
  ops: PanelOp[];
}
/**
 * What changes of a turn besides its items and requests.
 */
export interface TurnStatus {
  number: number;
  state: "queued" | "running" | "done" | "failed" | "interrupted";
  /**
   * What it is doing now, in words.
   */
  status: string;
  cost: string;
  error: string;
  /**
   * That it is no part of the conversation any more; "" while it is.
   */
  left: string;
}
export interface SessionChange {
  status?: "idle" | "working" | "waiting";
  queued?: number;
  model?: string;
  models?: Choice[];
  mode?: string;
  modes?: Choice[];
  context?: Context | null;
  cost?: string;
  cost_usd?: number;
  budget_usd?: number | null;
  subscription?: boolean;
  limits?: string;
  session_id?: string | null;
  title?: string;
  folder?: string;
  practice?: boolean;
  version?: string;
  taken_back?: {
    [k: string]: string;
  };
}
/**
 * What is typed and not sent; ``from`` names the view where it is typed.
 */
export interface Draft {
  from: string;
  text: string;
}
/**
 * The code of all views.
 */
export interface Code {
  type: "code";
  code: string;
}
/**
 * The stops from number ``from`` on, and what a view shows besides.
 */
export interface HistoryState {
  undo: string;
  branches: Branch[];
  busy: string;
  from: number;
  type: "history";
  event: "state";
  /**
   * Counts the states; a page that missed one asks for all stops.
   */
  version: number;
  stops: Stop[];
}
/**
 * A turn as a place to stop at: the slider's stop k is after the k-th of them.
 */
export interface Stop {
  prompt: string;
  /**
   * When it began, in ISO 8601.
   */
  time: string;
  /**
   * The first of the files that it touched.
   */
  files: string[];
  files_count: number;
  cost: string;
}
/**
 * The plan that was asked for.
 */
export interface HistoryPlan {
  type: "history";
  event: "plan";
  ask: string;
  plan: Plan;
  /**
   * The plan was to be acted on, and is no longer what was shown.
   */
  changed: boolean;
}
/**
 * What a rewind would do, to be acted on.
 */
export interface Plan {
  can_rewind: boolean;
  reason: string;
  files: FileChange[];
  irreversible: string[];
  /**
   * Names exactly this plan: what is acted on is what was shown.
   */
  key: string;
  /**
   * The turns that would leave the conversation, one line each.
   */
  turns: string[];
}
/**
 * A file that a rewind changes.
 */
export interface FileChange {
  /**
   * The file, absolute.
   */
  path: string;
  /**
   * The file as people write it in Claude's folder.
   */
  name: string;
  action: "restore" | "create" | "delete";
  insertions: number;
  deletions: number;
  diff: string;
  /**
   * Whether the user changed it since Claude last wrote it; null where that is not known.
   */
  changed_by_you: boolean | null;
  /**
   * Whether it is rewound unasked.
   */
  chosen: boolean;
}
/**
 * What was asked for is done.
 */
export interface HistoryDone {
  type: "history";
  event: "done";
  ask: string;
  text: string;
  /**
   * What the first turn that left the conversation had asked.
   */
  prompt: string;
}
/**
 * What was asked for cannot be done.
 */
export interface HistoryError {
  type: "history";
  event: "error";
  ask: string;
  text: string;
}
/**
 * Where the sign-in stands now.
 */
export interface SignInNews {
  type: "signin";
  state: SignInState;
}
/**
 * Where the sign-in stands.
 */
export interface SignInState {
  stage: "closed" | "no_cli" | "installing" | "choose" | "starting" | "code" | "checking" | "done";
  /**
   * A sentence on what is.
   */
  text: string;
  /**
   * The sign-in page; "" where there is none.
   */
  link: string;
  /**
   * What went wrong, in one line.
   */
  problem: string;
  /**
   * The last line of an installation.
   */
  progress: string;
  /**
   * Whether the page is that of the Anthropic Console.
   */
  console: boolean;
}
/**
 * What is wrong with a key that was given.
 */
export interface SignInProblem {
  type: "signin_problem";
  text: string;
}
/**
 * Asks for everything there is.
 */
export interface Hello {
  type: "hello";
}
/**
 * Asks what these turns consist of.
 */
export interface Want {
  type: "want";
  turns: string[];
}
/**
 * Asks Claude; the id is the turn's, and a prompt that comes twice is asked once.
 */
export interface Ask {
  type: "ask";
  id: string;
  prompt: string;
}
/**
 * Takes a prompt back that still waits.
 */
export interface Withdraw {
  type: "withdraw";
  turn: string;
}
/**
 * The user's answer to a request; `Approvals.answer` judges it, whatever it says.
 */
export interface Answer {
  type: "answer";
  request: string;
  behavior: "allow" | "deny";
  /**
   * The index of the "Always allow" button that was pressed.
   */
  suggestion: number | null;
  /**
   * The answer to each question; several choices are joined by ", ".
   */
  answers: {
    [k: string]: string;
  } | null;
  /**
   * For how many milliseconds the request could be read and answered.
   */
  waited: number;
}
/**
 * Stop this turn.
 */
export interface StopTurn {
  type: "turn_action";
  action: "stop";
  turn: string;
}
/**
 * Ask another model instead of this turn's.
 */
export interface AskOtherModelInTurn {
  type: "turn_action";
  action: "model";
  model: string;
  turn: string;
}
/**
 * Asks for everything.
 */
export interface HistoryHello {
  type: "history";
  action: "hello";
}
/**
 * Asks what a rewind would do.
 */
export interface HistoryPreview {
  stop: number;
  files: boolean;
  conversation: boolean;
  type: "history";
  action: "preview";
  /**
   * Names the question; the answer has it, too. The view's own name is before the "/".
   */
  ask: string;
}
/**
 * Rewinds, if that does what ``key`` stands for.
 */
export interface HistoryRewind {
  stop: number;
  files: boolean;
  conversation: boolean;
  type: "history";
  action: "rewind";
  ask: string;
  include: string[];
  key: string;
}
/**
 * Undoes the last rewind.
 */
export interface HistoryUndo {
  type: "history";
  action: "undo";
  ask: string;
}
/**
 * Goes on with an earlier branch.
 */
export interface HistoryBranch {
  type: "history";
  action: "branch";
  ask: string;
  branch: string;
}
/**
 * Asks for the state, takes the practice model, installs Claude Code, or goes back.
 */
export interface SignInAction {
  type: "signin";
  do: "hello" | "practice" | "install" | "cancel";
}
/**
 * Begins Claude Code's own sign-in.
 */
export interface SignInLogin {
  type: "signin";
  do: "login";
  console: boolean;
}
/**
 * The code from the sign-in page, or a key. No message back repeats it.
 */
export interface SignInSecret {
  type: "signin";
  do: "code" | "key";
  text: string;
}
/**
 * Shares what is typed with the other views.
 */
export interface DraftTyped {
  from: string;
  text: string;
  type: "draft";
}
/**
 * Stops the turn that runs.
 */
export interface Interrupt {
  type: "interrupt";
}
/**
 * Begins a new conversation.
 */
export interface New {
  type: "new";
}
/**
 * Has the next prompt go on with the notebook's last conversation.
 */
export interface Resume {
  type: "resume";
}
/**
 * Chooses the model.
 */
export interface ChooseModel {
  type: "model";
  name: string;
}
/**
 * Chooses the permission mode.
 */
export interface ChooseMode {
  confirmed?: boolean;
  type: "mode";
  name: string;
}
/**
 * What a rewind would do, or has done.
 */
export interface PlanOfFiles {
  can_rewind: boolean;
  reason: string;
  files: FileChange[];
  irreversible: string[];
}
/**
 * What is to be taken back, to how it was after a stop.
 */
export interface RewindChoice {
  stop: number;
  files: boolean;
  conversation: boolean;
}
/**
 * A finished turn.
 */
export interface SavedTurn {
  left?: string;
  version: 1;
  id: string;
  number: number;
  practice: boolean;
  items: SavedItem[];
  cost: string;
  error: string;
}
/**
 * Text, or thinking. What is "" or empty is left out, here and below.
 */
export interface SavedText {
  parent?: string;
  text?: string;
  id: string;
  kind: "text" | "thinking";
}
/**
 * A line about the turn.
 */
export interface SavedNotice {
  text?: string;
  id: string;
  kind: "notice";
  level: "info" | "warning" | "error";
}
/**
 * A tool call.
 */
export interface SavedTool {
  parent?: string;
  name?: string;
  summary?: string;
  input?: string;
  counts?: string;
  output?: string;
  images?: number[];
  todos?: Todo[];
  progress?: string;
  note?: string;
  id: string;
  kind: "tool";
  state: "waiting" | "running" | "done" | "failed" | "denied" | "stopped";
  input_kind: "command" | "diff" | "json" | "text" | "todos";
}
/**
 * What a view shows besides the stops.
 */
export interface Situation {
  undo: string;
  branches: Branch[];
  /**
   * Why nothing can be done just now; "" if it can.
   */
  busy: string;
}
/**
 * Everything there is.
 */
export interface TurnSnapshot {
  type: "snapshot";
  turn: Turn;
}
/**
 * What has changed since the message before.
 */
export interface TurnPatch {
  type: "patch";
  ops: TurnOp[];
}
/**
 * Stop the turn.
 */
export interface StopThisTurn {
  type: "turn_action";
  action: "stop";
}
/**
 * Ask another model instead.
 */
export interface AskOtherModel {
  type: "turn_action";
  action: "model";
  model: string;
}
