/** The messages between kernel and page; written by `python -m scripts.messages`. */

export type LabFromKernel =
  LabHello | LabState | Verdict | Problem | CellsAsked | Answered | EarlierTurns;
export type Verdict = AnswerTaken | AnswerTooEarly;
export type CellsOp =
  | Ping
  | ReadCells
  | EditCell
  | InsertCell
  | DeleteCell
  | MoveCell
  | RunCell
  | StopCell
  | PutOutputs;
export type LabFromPage = PanelFromPage | NotebookShown | CellsAnswer | Follow;
export type PanelFromPage =
  | Hello
  | Want
  | Ask
  | Withdraw
  | Answer
  | AnswerTyped
  | StopTurn
  | AskOtherModelInTurn
  | StopTaskInTurn
  | RecoverTurn
  | ShowOutputInTurn
  | BringTurnBack
  | ConversationsFromPage
  | HistoryFromPage
  | SignInFromPage
  | DraftTyped
  | Writing
  | Interrupt
  | New
  | Resume
  | ChooseModel
  | ChooseMode
  | ChooseKernel
  | ListCommands
  | ListTools
  | ActOnServer
  | FinishServerSignIn
  | AskContext
  | Complete;
export type ConversationsFromPage = ListConversations | ActOnConversation | RenameConversation;
export type HistoryFromPage = HistoryHello | HistoryAsk;
export type HistoryAsk =
  HistoryPreview | HistoryRewind | HistoryResend | HistoryUndo | HistoryBranch;
export type SignInFromPage = SignInAction | SignInLogin | SignInSecret;
export type CellsResult = Here | CellsRead | CellChanged | CellRan | CellsRefused;
export type PanelFromKernel =
  | PanelSnapshot
  | PanelTurn
  | PanelPatch
  | Verdict
  | Code
  | Completions
  | CommandList
  | ToolList
  | ConversationsFromKernel
  | ContextUse
  | HistoryFromKernel
  | SignInFromKernel;
export type Item = TextItem | NoticeItem | ToolItem | AttachedItem;
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
  | ["request_done", string, string]
  | ["output", string, string];
export type ConversationsFromKernel = ConversationsFound | ConversationsDone | ConversationsError;
export type HistoryFromKernel = HistoryState | HistoryAnswer;
export type HistoryAnswer = HistoryPlan | HistoryDone | HistoryError;
export type SignInFromKernel = SignInNews | SignInProblem;
export type SavedItem = SavedText | SavedNotice | SavedTool | SavedAttached;
export type TurnFromKernel = TurnSnapshot | TurnPatch | Verdict | Code;
export type TurnFromPage =
  Hello | Answer | AnswerTyped | StopThisTurn | AskOtherModel | StopTask | Recover | ShowOutput;
export type WidgetKind = "turn" | "requests" | "panel" | "history" | "signin" | "batch";

/**
 * The new state of a batch.
 */
export interface BatchFromKernel {
  type: "batch";
  state: BatchState;
}
/**
 * How far a batch is.
 */
export interface BatchState {
  running: boolean;
  /**
   * Rows that have an answer or an error.
   */
  settled: number;
  total: number | null;
  failed: number;
  cost_usd: number;
  budget_usd: number | null;
  /**
   * Rows in a minute.
   */
  rate: number | null;
  seconds_left: number | null;
  /**
   * The seconds until the next row, if the API is busy.
   */
  wait: number | null;
  /**
   * Whether fewer rows are asked at the same time, because the API is busy.
   */
  slowed: boolean;
  stopping: boolean;
}
/**
 * Asks for the state, or stops the batch.
 */
export interface BatchFromPage {
  type: "batch";
  do: "hello" | "stop";
}
/**
 * Brings a turn back that has left the conversation, as `SessionState.ways_back` says.
 */
export interface BringBack {
  type: "turn_action";
  action: "back";
}
/**
 * Asks for the code of all views; any widget or panel may send it.
 */
export interface CodeWanted {
  type: "code";
}
/**
 * The rewind to undo, and the branches to go to.
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
   * The first prompt that is only in this branch.
   */
  label: string;
  turns: number;
  /**
   * When the rewind left it, in ISO 8601.
   */
  time: string;
}
/**
 * The kernel has a session.
 */
export interface LabHello {
  type: "hello";
  panel: PanelAddress;
}
/**
 * The comm of the chat panel, and the traits that its widget would have.
 */
export interface PanelAddress {
  /**
   * The comm's id.
   */
  id: string;
  /**
   * The digest of the views' code.
   */
  code: string;
  /**
   * Identifies the notebook.
   */
  notebook: string;
  /**
   * Identifies the kernel's process.
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
   * How many prompts wait in the queue.
   */
  queued: number;
  model: string;
  models: Choice[];
  mode: string;
  modes: Choice[];
  /**
   * Whether Claude may look into the kernel.
   */
  kernel: string;
  kernels: Choice[];
  context: Context | null;
  /**
   * What the session has spent, in words.
   */
  cost: string;
  cost_usd: number;
  budget_usd: number | null;
  /**
   * Whether a subscription pays, instead of dollars for tokens.
   */
  subscription: boolean;
  /**
   * The subscription's limits, as far as they are known.
   */
  limits: string;
  /**
   * The conversation's id; null before the first prompt.
   */
  session_id: string | null;
  /**
   * The title or the first prompt, as plain words; "" before the first prompt.
   */
  title: string;
  /**
   * The name of the conversation that the next prompt copies first; "" without a copy.
   */
  copy_of: string;
  practice: boolean;
  /**
   * What the practice model offers; empty without it.
   */
  prompts: string[];
  /**
   * The version of Claude Code, once it has started.
   */
  version: string;
  /**
   * The subagents and background commands that run, of all turns.
   */
  tasks: RunningTask[];
  /**
   * What views say of turns that left the conversation, by id; "" if the turn is back.
   */
  taken_back: {
    [k: string]: string;
  };
  /**
   * How the turns that left can come back, by id.
   */
  ways_back: {
    [k: string]: "undo" | "branch" | "resume";
  };
  /**
   * Null without a recording.
   */
  replay: ReplayAhead | null;
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
 * A subagent, or a command in the background.
 */
export interface RunningTask {
  /**
   * The id of the call that started it.
   */
  call: string;
  /**
   * The id of the call's turn.
   */
  turn: string;
  /**
   * What it is, such as "Subagent".
   */
  title: string;
  about: string;
  /**
   * What it does now, with its tool calls and tokens.
   */
  doing: string;
  seconds: number;
}
/**
 * What a run of the notebook would replay and ask.
 */
export interface ReplayAhead {
  mode: "off" | "auto" | "only" | "record";
  /**
   * In one line; "" if it is not known.
   */
  line: string;
  /**
   * How many of its prompts have a stale answer.
   */
  stale: number;
  /**
   * The ids of the turns that show a stale answer and can be asked again.
   */
  again: string[];
  /**
   * What to say at cells whose prompt is not replayed, by the cell's id.
   */
  cells: {
    [k: string]: string;
  };
}
/**
 * What a notification says of a request.
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
 * An answer counts. The kernel sends this at once, from any thread, so without a number.
 */
export interface AnswerTaken {
  type: "taken";
  request: string;
  behavior: "allow" | "deny";
}
/**
 * An answer came too early to count; the request still waits. Sent like `AnswerTaken`.
 */
export interface AnswerTooEarly {
  type: "early";
  request: string;
}
/**
 * Why a page's message failed, in one line.
 */
export interface Problem {
  type: "problem";
  text: string;
}
/**
 * Asks the page with this notebook to do something with its cells.
 */
export interface CellsAsked {
  type: "cells";
  request: string;
  notebook: string;
  ask: CellsOp;
}
/**
 * Asks whether the page is still there.
 */
export interface Ping {
  op: "ping";
}
/**
 * Asks for cells: those from `start` on, or those with the ids.
 */
export interface ReadCells {
  op: "read";
  start: number;
  /**
   * Empty for all.
   */
  ids: string[];
  /**
   * About how many characters to send at most. At least one cell comes.
   */
  most: number;
  /**
   * How many characters of a source, and of an output, to send at most.
   */
  longest: number;
}
/**
 * Replaces a cell's source, if it is still `was`.
 */
export interface EditCell {
  op: "edit";
  id: string;
  was: string;
  source: string;
}
/**
 * Inserts a cell after another one, or at an index.
 */
export interface InsertCell {
  op: "insert";
  /**
   * The id that it gets; "" for a new one.
   */
  id: string;
  /**
   * The other cell's id; "" to use the index.
   */
  after: string;
  /**
   * -1 is the end.
   */
  index: number;
  kind: "code" | "markdown" | "raw";
  source: string;
}
/**
 * Deletes a cell, if its source is still `was`.
 */
export interface DeleteCell {
  op: "delete";
  id: string;
  was: string;
}
/**
 * Moves a cell, so that it gets this index.
 */
export interface MoveCell {
  op: "move";
  id: string;
  index: number;
}
/**
 * Runs a cell as the user does, if its source is still `was`.
 */
export interface RunCell {
  op: "run";
  id: string;
  was: string;
  longest: number;
}
/**
 * Interrupts the kernel, if the cell still runs.
 */
export interface StopCell {
  op: "stop";
  id: string;
}
/**
 * Puts the outputs of code that the kernel has run into its cell.
 */
export interface PutOutputs {
  op: "outputs";
  id: string;
  was: string;
  outputs: {
    [k: string]: unknown;
  }[];
}
/**
 * A turn that the page follows has ended well.
 */
export interface Answered {
  type: "answered";
  turn: string;
  blocks: CodeBlock[];
}
/**
 * A code block of an answer.
 */
export interface CodeBlock {
  text: string;
  language: string;
}
/**
 * The turns that the notebook's earlier kernels had. This kernel can bring them back.
 */
export interface EarlierTurns {
  type: "earlier";
  turns: string[];
}
/**
 * Asks for a snapshot.
 */
export interface Hello {
  type: "hello";
}
/**
 * Asks for the contents of these turns.
 */
export interface Want {
  type: "want";
  turns: string[];
}
/**
 * Sends a prompt to Claude. The turn gets the id, and the same id twice is one prompt.
 */
export interface Ask {
  attached?: Given[];
  type: "ask";
  id: string;
  prompt: string;
}
/**
 * Something that the user attached to a prompt in a page.
 */
export interface Given {
  name: string;
  kind: "picture" | "file" | "text";
  /**
   * A file's bytes in base64, or a text.
   */
  data: string;
}
/**
 * Cancels a prompt that still waits.
 */
export interface Withdraw {
  type: "withdraw";
  turn: string;
}
/**
 * The user's answer to a request; `Approvals.answer` judges it.
 */
export interface Answer {
  type: "answer";
  request: string;
  behavior: "allow" | "deny";
  /**
   * The index of the "Always allow" button that the user pressed.
   */
  suggestion: number | null;
  /**
   * The answer to each question; several choices are joined by ", ".
   */
  answers: {
    [k: string]: string;
  } | null;
  /**
   * The command, code or plan in place of Claude's, if the user edited it.
   */
  edited: string | null;
  /**
   * What Claude should do instead, with "deny"; "" if the user wrote nothing.
   */
  message: string;
  /**
   * For how many milliseconds the user could read and answer the request.
   */
  waited: number;
}
/**
 * The user writes or chooses in a request, so somebody is there; sent now and then.
 */
export interface AnswerTyped {
  type: "typing";
  request: string;
}
/**
 * Stops this turn.
 */
export interface StopTurn {
  type: "turn_action";
  action: "stop";
  turn: string;
}
/**
 * Asks another model, instead of this turn's.
 */
export interface AskOtherModelInTurn {
  type: "turn_action";
  action: "model";
  model: string;
  turn: string;
}
/**
 * Stops a subagent, or a command in the background, that this turn started.
 */
export interface StopTaskInTurn {
  type: "turn_action";
  action: "stop_task";
  call: string;
  turn: string;
}
/**
 * Does what this turn offers after its error.
 */
export interface RecoverTurn {
  type: "turn_action";
  action: "again" | "compact" | "sign_in";
  turn: string;
}
/**
 * Asks for all of the output of one of this turn's calls.
 */
export interface ShowOutputInTurn {
  type: "turn_action";
  action: "output";
  call: string;
  turn: string;
}
/**
 * Brings this turn back.
 */
export interface BringTurnBack {
  type: "turn_action";
  action: "back";
  turn: string;
}
/**
 * Asks for the list. A newer question of the same view ends an older one.
 */
export interface ListConversations {
  type: "conversations";
  action: "list";
  /**
   * The question's id, which the answer repeats. The part before the "/" names the view.
   */
  ask: string;
  /**
   * What the title or a text must have; "" lists all.
   */
  find: string;
  /**
   * How many rows at most.
   */
  most: number;
}
/**
 * Continues a conversation, or a copy of it; deletes it, or brings it back.
 */
export interface ActOnConversation {
  type: "conversations";
  action: "resume" | "fork" | "delete" | "restore";
  ask: string;
  id: string;
}
/**
 * Gives a conversation a title.
 */
export interface RenameConversation {
  type: "conversations";
  action: "rename";
  ask: string;
  id: string;
  title: string;
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
   * The question's id, which the answer repeats. The part before the "/" names the view.
   */
  ask: string;
}
/**
 * Rewinds, if the plan is still the one with this ``key``.
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
 * Rewinds as `HistoryRewind` does, and sends a prompt instead of the removed ones.
 */
export interface HistoryResend {
  stop: number;
  files: boolean;
  conversation: boolean;
  type: "history";
  action: "resend";
  ask: string;
  include: string[];
  key: string;
  prompt: string;
  /**
   * The id of the prompt's turn.
   */
  turn: string;
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
 * Continues an earlier branch.
 */
export interface HistoryBranch {
  type: "history";
  action: "branch";
  ask: string;
  branch: string;
}
/**
 * Asks for the state, chooses the practice model, installs Claude Code, or cancels.
 */
export interface SignInAction {
  type: "signin";
  do: "hello" | "practice" | "install" | "cancel";
}
/**
 * Starts Claude Code's own sign-in.
 */
export interface SignInLogin {
  type: "signin";
  do: "login";
  console: boolean;
}
/**
 * The code from the sign-in page, or a key. No message from the kernel repeats it.
 */
export interface SignInSecret {
  type: "signin";
  do: "code" | "key";
  text: string;
}
/**
 * Shares the draft with the other views.
 */
export interface DraftTyped {
  from: string;
  text: string;
  type: "draft";
}
/**
 * Says that the user writes a prompt, in the panel or in a cell. It has none of the text.
 */
export interface Writing {
  type: "writing";
}
/**
 * Stops the code that Claude runs in the kernel, or else the turn that runs.
 */
export interface Interrupt {
  id?: string;
  type: "interrupt";
}
/**
 * Begins a new conversation.
 */
export interface New {
  type: "new";
}
/**
 * Lets the next prompt continue the notebook's last conversation.
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
 * Chooses whether Claude may look into the kernel.
 */
export interface ChooseKernel {
  type: "kernel";
  name: string;
}
/**
 * Asks which commands a prompt can begin with.
 */
export interface ListCommands {
  type: "commands";
}
/**
 * Asks which servers and tools Claude has.
 */
export interface ListTools {
  type: "tools";
}
/**
 * Does something about an MCP server. The kernel answers with a `ToolList`.
 */
export interface ActOnServer {
  type: "server";
  name: string;
  action: "reconnect" | "sign in" | "turn on" | "turn off";
}
/**
 * Ends a sign-in whose last page the user's browser could not load.
 */
export interface FinishServerSignIn {
  type: "server_signed_in";
  name: string;
  /**
   * The address of that page.
   */
  address: string;
}
/**
 * Asks what fills the model's context.
 */
export interface AskContext {
  type: "context";
}
/**
 * Asks what can follow the ``@`` before the cursor.
 */
export interface Complete {
  type: "complete";
  id: string;
  /**
   * The text around the cursor.
   */
  text: string;
  /**
   * How many characters of the text are before the cursor; a character is a code point.
   */
  cursor: number;
}
/**
 * A page has a notebook of this kernel open, or no longer.
 */
export interface NotebookShown {
  type: "notebook";
  /**
   * The id of the page's connection to the kernel. It is the session of its cells' requests.
   */
  notebook: string;
  /**
   * The notebook's path on the server.
   */
  path: string;
  /**
   * "used": the user has just turned to it. "edited": its cells have changed a moment ago.
   */
  state: "open" | "used" | "edited" | "closed";
}
/**
 * The page's answer to a `CellsAsked`.
 */
export interface CellsAnswer {
  type: "cells";
  request: string;
  notebook: string;
  answer: CellsResult;
}
/**
 * The page is there.
 */
export interface Here {
  result: "here";
}
/**
 * The cells that were asked for, in order, as far as they fit.
 */
export interface CellsRead {
  result: "read";
  /**
   * How many cells the notebook has.
   */
  total: number;
  /**
   * Whether not all that were asked for did fit.
   */
  more: boolean;
  cells: ShownCell[];
}
/**
 * A cell as the page has it now.
 */
export interface ShownCell {
  id: string;
  index: number;
  kind: "code" | "markdown" | "raw";
  source: string;
  /**
   * How many characters of the source the page left out.
   */
  left: number;
  /**
   * The number of its last run.
   */
  number: number | null;
  /**
   * Whether it runs, or waits to run.
   */
  running: boolean;
  outputs: CellOutput[];
}
/**
 * What one output of a cell says.
 */
export interface CellOutput {
  /**
   * "claude": an answer of Claude's, without its text.
   */
  kind: "stream" | "result" | "error" | "claude";
  text: string;
  /**
   * How many characters of the text the page left out.
   */
  left: number;
  images: number;
}
/**
 * The change is made.
 */
export interface CellChanged {
  result: "changed";
  cell: ShownCell1;
}
/**
 * A cell as the page has it now.
 */
export interface ShownCell1 {
  id: string;
  index: number;
  kind: "code" | "markdown" | "raw";
  source: string;
  /**
   * How many characters of the source the page left out.
   */
  left: number;
  /**
   * The number of its last run.
   */
  number: number | null;
  /**
   * Whether it runs, or waits to run.
   */
  running: boolean;
  outputs: CellOutput[];
}
/**
 * The cell has run.
 */
export interface CellRan {
  result: "ran";
  ok: boolean;
  cell: ShownCell;
  images: CellImage[];
}
/**
 * An image among a cell's outputs.
 */
export interface CellImage {
  mime: "image/png" | "image/jpeg" | "image/gif" | "image/webp";
  /**
   * In Base64.
   */
  data: string;
}
/**
 * Nothing has changed, and why.
 */
export interface CellsRefused {
  result: "refused";
  why:
    | "differs"
    | "missing"
    | "read-only"
    | "protected"
    | "running"
    | "busy"
    | "kernel"
    | "place"
    | "kind";
  /**
   * The cell now, if it exists.
   */
  cell: ShownCell | null;
}
/**
 * Asks for `Answered` when this turn has ended.
 */
export interface Follow {
  type: "follow";
  turn: string;
}
/**
 * An additional field of each message to a widget or panel, except `Verdict` and `Code`.
 */
export interface Numbered {
  /**
   * Counts the messages; a page that missed one asks for everything.
   */
  seq: number;
}
/**
 * The whole panel, without the contents of the turns.
 */
export interface PanelSnapshot {
  type: "snapshot";
  panel: Panel;
}
/**
 * The panel without the contents of the turns.
 */
export interface Panel {
  state: SessionState;
  draft: string;
  turns: Head[];
}
/**
 * What the list of turns says of one turn.
 */
export interface Head {
  id: string;
  number: number;
  /**
   * The beginning of the prompt; "" for a turn without one.
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
 * A turn that a view asked for.
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
  problem: TurnProblem | null;
  left: string;
  stale: string;
  id: string;
  prompt: string;
  practice: boolean;
  items: Item[];
  requests: Request[];
}
/**
 * The error that ended a turn, for a view with buttons.
 */
export interface TurnProblem {
  /**
   * A sentence.
   */
  text: string;
  /**
   * What the button does.
   */
  remedy: "" | "sign_in" | "model" | "compact" | "again";
  /**
   * The models to choose from, with the remedy "model".
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
 * Text, or thinking.
 */
export interface TextItem {
  id: string;
  kind: "text" | "thinking";
  /**
   * The id of the call whose subagent wrote it; "" for Claude itself.
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
 * The API refused to answer; Claude Code will ask it again.
 */
export interface Wait {
  /**
   * The time until the next try, in milliseconds.
   */
  ms: number;
  /**
   * The text before the time that is left; ``after`` is the text behind it.
   */
  before: string;
  after: string;
  /**
   * The models that the user can ask instead.
   */
  models: OtherModel[];
}
/**
 * A tool call; a long input or output is cut.
 */
export interface ToolItem {
  id: string;
  kind: "tool";
  /**
   * The id of the call whose subagent made it; "" for Claude itself.
   */
  parent: string;
  name: string;
  /**
   * The name in words.
   */
  title: string;
  /**
   * What it looks at, if one card may show it with calls like it.
   */
  step: "" | "file" | "search";
  summary: string;
  state: "waiting" | "running" | "done" | "failed" | "denied" | "stopped";
  /**
   * For how long it has been running, or ran; 0 if it was quick.
   */
  seconds: number;
  /**
   * Whether it is a subagent, or a command in the background, that the user can stop.
   */
  task: boolean;
  input: string;
  input_kind: "command" | "diff" | "json" | "plan" | "python" | "questions" | "text" | "todos";
  /**
   * Whether `input` is only the beginning.
   */
  cut: boolean;
  /**
   * How many lines a diff adds and removes, such as "+3 −1".
   */
  counts: string;
  output: string;
  /**
   * How many lines of a long output are left out before `output_end`.
   */
  left_out: number;
  output_end: string;
  images: ToolImage[];
  /**
   * The to-do list; only one call of a turn shows it.
   */
  todos: Todo[];
  /**
   * What the call's subagent has done so far.
   */
  progress: string;
  note: string;
}
/**
 * An image that a tool returned, in base64.
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
 * What the prompt attached, such as a variable that it names with ``@``.
 */
export interface AttachedItem {
  id: string;
  kind: "attached";
  name: string;
  /**
   * What it is, in one line.
   */
  title: string;
  /**
   * What Claude gets of it; a long text is cut.
   */
  text: string;
  images: ToolImage[];
  /**
   * What was kept back.
   */
  note: string;
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
   * Claude Code's reason for asking.
   */
  reason: string;
  /**
   * The command that the tool would run.
   */
  command: string | null;
  /**
   * The file that the tool would change.
   */
  path: string | null;
  /**
   * Whether the file does not exist yet.
   */
  new_file: boolean;
  /**
   * How the tool would change the file.
   */
  diff: string | null;
  /**
   * The rest of the input: the fields that neither command nor diff shows.
   */
  fields: Field[];
  /**
   * Claude's reason for its command or its code, in one line.
   */
  says: string;
  /**
   * The "Always allow" buttons, and others that approve more than this call.
   */
  suggestions: AlwaysAllow[];
  /**
   * The Python code that the tool would run in the kernel. The user may edit it.
   */
  code: string | null;
  /**
   * What the code seems to do, one line each.
   */
  effects: string[];
  /**
   * The question in words, such as "Run a command?".
   */
  title: string;
  /**
   * What the call would destroy, in words; "" if nothing is known.
   */
  danger: string;
  /**
   * Claude's plan, as Markdown. The user may edit it.
   */
  plan: string | null;
  /**
   * Whether the user may edit the command.
   */
  editable: boolean;
}
/**
 * One field of a tool's input that nothing else in the request shows.
 */
export interface Field {
  form?: "python" | "diff";
  name: string;
  value: string;
}
/**
 * A button that approves more than this call: the suggestion's index, and its label.
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
   * The title of the request, where others name the tool.
   */
  tool: string;
  /**
   * The folder.
   */
  path: string;
  /**
   * What settings of this kind can do.
   */
  description: string;
  /**
   * The settings that were found, in one line.
   */
  summary: string;
  findings: FoundSetting[];
  /**
   * Whether the user may say yes; not if the settings are too long to read.
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
 * The changes since the message before.
 */
export interface PanelPatch {
  type: "patch";
  ops: PanelOp[];
}
/**
 * The fields of a turn that change, other than items and requests.
 */
export interface TurnStatus {
  number: number;
  state: "queued" | "running" | "done" | "failed" | "interrupted";
  /**
   * What the turn is doing now, in words.
   */
  status: string;
  cost: string;
  /**
   * The error in one line, with what to type.
   */
  error: string;
  problem: TurnProblem | null;
  /**
   * A sentence if the turn has left the conversation; "" while it is part of it.
   */
  left: string;
  /**
   * A sentence if it is a recorded answer to a question that has changed; else "".
   */
  stale: string;
}
export interface SessionChange {
  status?: "idle" | "working" | "waiting";
  queued?: number;
  model?: string;
  models?: Choice[];
  mode?: string;
  modes?: Choice[];
  kernel?: string;
  kernels?: Choice[];
  context?: Context | null;
  cost?: string;
  cost_usd?: number;
  budget_usd?: number | null;
  subscription?: boolean;
  limits?: string;
  session_id?: string | null;
  title?: string;
  copy_of?: string;
  practice?: boolean;
  prompts?: string[];
  version?: string;
  tasks?: RunningTask[];
  taken_back?: {
    [k: string]: string;
  };
  ways_back?: {
    [k: string]: "undo" | "branch" | "resume";
  };
  replay?: ReplayAhead | null;
}
/**
 * The text that the user has typed and not sent; ``from`` names the view.
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
 * The answer to `Complete`.
 */
export interface Completions {
  type: "completions";
  id: string;
  items: CompletionItem[];
}
/**
 * One completion of what follows an ``@``.
 */
export interface CompletionItem {
  /**
   * What replaces the text from `start` to the cursor, such as "@df".
   */
  text: string;
  /**
   * Where it begins, counted as the question's cursor.
   */
  start: number;
  kind: "variable" | "cell" | "output" | "error" | "file" | "folder";
  /**
   * What it is, in a few words.
   */
  detail: string;
}
/**
 * The answer to `ListCommands`.
 */
export interface CommandList {
  type: "commands";
  /**
   * Whether Claude Code has started, so that its commands are known.
   */
  known: boolean;
  commands: SlashCommand[];
}
/**
 * A command that a prompt can begin with.
 */
export interface SlashCommand {
  /**
   * Without the slash.
   */
  name: string;
  /**
   * What follows it, such as "[name]"; "" for nothing.
   */
  hint: string;
  description: string;
}
/**
 * The answer to `ListTools`.
 */
export interface ToolList {
  type: "tools";
  servers: ToolServer[];
  /**
   * A line on Claude Code's own tools.
   */
  own: string;
  /**
   * The user's and the folder's; Claude Code's own are not among them.
   */
  skills: Named[];
  agents: Named[];
}
/**
 * An MCP server.
 */
export interface ToolServer {
  name: string;
  /**
   * In words.
   */
  state: string;
  /**
   * Whether it does not work before the user does something.
   */
  problem: boolean;
  tools: string[];
  /**
   * What the user can do about it.
   */
  actions: ("reconnect" | "sign in" | "turn on" | "turn off")[];
  /**
   * The address of the page where the user signs in; "" before they asked for it.
   */
  sign_in: string;
}
/**
 * A skill or an agent.
 */
export interface Named {
  name: string;
  description: string;
}
/**
 * Some more rows of the list that a view asked for.
 */
export interface ConversationsFound {
  type: "conversations";
  event: "found";
  ask: string;
  rows: ConversationRow[];
  /**
   * Whether these are the last rows.
   */
  done: boolean;
  /**
   * Whether there may be more than the list has.
   */
  more: boolean;
  deleted: DeletedConversation[];
}
/**
 * A conversation in the list.
 */
export interface ConversationRow {
  id: string;
  /**
   * Its title, or its first prompt, in one line.
   */
  title: string;
  /**
   * When its last message came, in ISO 8601.
   */
  time: string;
  turns: number;
  /**
   * What it cost in notebooks, in words; "" if that is not known.
   */
  cost: string;
  /**
   * Whether this notebook has had it.
   */
  mine: boolean;
  /**
   * Whether it is open in this notebook.
   */
  present: boolean;
  /**
   * The text around what was searched for; "" if the title has it.
   */
  excerpt: string;
}
/**
 * A deleted conversation that can still come back.
 */
export interface DeletedConversation {
  id: string;
  title: string;
}
/**
 * The kernel has done what a view asked for.
 */
export interface ConversationsDone {
  type: "conversations";
  event: "done";
  ask: string;
  text: string;
}
/**
 * The kernel cannot do what a view asked for.
 */
export interface ConversationsError {
  type: "conversations";
  event: "error";
  ask: string;
  text: string;
}
/**
 * The answer to `AskContext`.
 */
export interface ContextUse {
  type: "context";
  /**
   * None if it is not known yet.
   */
  context: Context | null;
  /**
   * Empty if they are not known now.
   */
  parts: ContextPart[];
}
/**
 * One part of the model's context, such as the messages.
 */
export interface ContextPart {
  name: string;
  tokens: number;
  kind: "used" | "reserved" | "free" | "later";
}
/**
 * The stops from number ``from`` on, and the situation.
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
 * A turn that the slider can stop at: stop k is after the k-th turn.
 */
export interface Stop {
  prompt: string;
  /**
   * When it began, in ISO 8601.
   */
  time: string;
  /**
   * The first files that the turn changed; ``files_count`` counts all.
   */
  files: string[];
  files_count: number;
  cost: string;
}
/**
 * The plan that a view asked for.
 */
export interface HistoryPlan {
  type: "history";
  event: "plan";
  ask: string;
  plan: Plan;
  /**
   * The view asked for a rewind, but the plan has changed since it was shown.
   */
  changed: boolean;
}
/**
 * What a rewind would do; a view can ask for exactly this plan.
 */
export interface Plan {
  can_rewind: boolean;
  reason: string;
  files: FileChange[];
  irreversible: string[];
  /**
   * Identifies exactly this plan, so that the kernel does only what the view showed.
   */
  key: string;
  /**
   * The turns that the rewind would remove, one line each.
   */
  turns: string[];
}
/**
 * A file, or a cell of an open notebook, that a rewind changes.
 */
export interface FileChange {
  /**
   * The file, absolute; with the cell's id.
   */
  path: string;
  /**
   * The file's name for people, relative to Claude's folder where that is possible.
   */
  name: string;
  action: "restore" | "create" | "delete";
  insertions: number;
  deletions: number;
  diff: string;
  /**
   * Whether the user changed it after Claude last wrote it; null if that is not known.
   */
  changed_by_you: boolean | null;
  /**
   * Whether a rewind changes it by default.
   */
  chosen: boolean;
  /**
   * Whether it is a cell.
   */
  cell: boolean;
}
/**
 * The kernel has done what a view asked for.
 */
export interface HistoryDone {
  type: "history";
  event: "done";
  ask: string;
  text: string;
  /**
   * The prompt of the first turn that the rewind removed.
   */
  prompt: string;
}
/**
 * The kernel cannot do what a view asked for.
 */
export interface HistoryError {
  type: "history";
  event: "error";
  ask: string;
  text: string;
}
/**
 * The new state of the sign-in.
 */
export interface SignInNews {
  type: "signin";
  state: SignInState;
}
/**
 * The state of the sign-in.
 */
export interface SignInState {
  stage: "closed" | "no_cli" | "installing" | "choose" | "starting" | "code" | "checking" | "done";
  /**
   * The state in a sentence.
   */
  text: string;
  /**
   * The address of the sign-in page; "" if there is none.
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
   * Whether the link leads to the Anthropic Console.
   */
  console: boolean;
}
/**
 * What is wrong with a key that the user gave.
 */
export interface SignInProblem {
  type: "signin_problem";
  text: string;
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
 * What a rewind restores to its state after a stop.
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
  stale?: string;
  version: 1;
  id: string;
  number: number;
  practice: boolean;
  items: SavedItem[];
  cost: string;
  error: string;
}
/**
 * Text, or thinking. Here and below, empty fields are left out.
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
  title?: string;
  step?: "" | "file" | "search";
  summary?: string;
  seconds?: number;
  input?: string;
  cut?: boolean;
  counts?: string;
  output?: string;
  left_out?: number;
  output_end?: string;
  images?: number[];
  todos?: Todo[];
  progress?: string;
  note?: string;
  id: string;
  kind: "tool";
  state: "waiting" | "running" | "done" | "failed" | "denied" | "stopped";
  input_kind: "command" | "diff" | "json" | "plan" | "python" | "questions" | "text" | "todos";
}
/**
 * What the prompt attached.
 */
export interface SavedAttached {
  name?: string;
  title?: string;
  text?: string;
  images?: number[];
  note?: string;
  id: string;
  kind: "attached";
}
/**
 * What a view shows in addition to the stops.
 */
export interface Situation {
  undo: string;
  branches: Branch[];
  /**
   * Why the session cannot rewind just now; "" if it can.
   */
  busy: string;
}
/**
 * The whole turn.
 */
export interface TurnSnapshot {
  type: "snapshot";
  turn: Turn;
}
/**
 * The changes since the message before.
 */
export interface TurnPatch {
  type: "patch";
  ops: TurnOp[];
}
/**
 * Stops the turn.
 */
export interface StopThisTurn {
  type: "turn_action";
  action: "stop";
}
/**
 * Asks another model instead.
 */
export interface AskOtherModel {
  type: "turn_action";
  action: "model";
  model: string;
}
/**
 * Stops a subagent, or a command in the background.
 */
export interface StopTask {
  type: "turn_action";
  action: "stop_task";
  call: string;
}
/**
 * Does what the turn offers after its error; "again" also asks a stale turn.
 */
export interface Recover {
  type: "turn_action";
  action: "again" | "compact" | "sign_in";
}
/**
 * Asks for all of a call's output.
 */
export interface ShowOutput {
  type: "turn_action";
  action: "output";
  call: string;
}
