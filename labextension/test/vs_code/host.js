/* global crypto, document, TextDecoder, WebSocket, window */
// VS Code around the page with the outputs (`webview.ts`): it has the kernel's line, runs cells, keeps
// their outputs for the file, and asks for input in a box of its own.
const webview = document.querySelector("iframe");
const clientId = crypto.randomUUID();
const cells = []; // {outputs, done}, by the order of running
const byRequest = new Map();
const byDisplay = new Map(); // the cell and the place of an output with a display id
let socket;

const tell = (message) => webview.contentWindow.postMessage(message, "*");
const live = new Set(); // the kernel's widgets
const show = (cell) => {
  const outputs = cells[cell].outputs.map(({ data }) => data);
  tell({ type: "show", cell, outputs, live: [...live] });
};

function request(channel, msg_type, content, parent_header = {}) {
  const header = {
    msg_id: crypto.randomUUID(),
    msg_type,
    session: clientId,
    username: "",
    version: "5.3",
    date: new Date().toISOString(),
  };
  socket.send(
    JSON.stringify({ channel, header, parent_header, metadata: {}, content, buffers: [] }),
  );
  return header.msg_id;
}

/** Reads a message, also one with buffers. */
function read(data) {
  if (typeof data === "string") return JSON.parse(data);
  const view = new DataView(data);
  const end = view.getInt32(0) > 1 ? view.getInt32(8) : data.byteLength;
  return JSON.parse(new TextDecoder().decode(data.slice(view.getInt32(4), end)));
}

function add(index, output, id) {
  const { outputs } = cells[index];
  outputs.push(output);
  if (id) byDisplay.set(id, [index, outputs.length - 1]);
}

function take(message) {
  const { header, parent_header, content } = message;
  const index = byRequest.get(parent_header.msg_id);
  const type = header.msg_type;
  if (type === "comm_open") live.add(content.comm_id);
  if (type === "comm_close") live.delete(content.comm_id);
  if (type === "update_display_data") {
    const place = byDisplay.get(content.transient.display_id);
    if (!place) return;
    const old = cells[place[0]].outputs[place[1]];
    cells[place[0]].outputs[place[1]] = { ...old, data: content.data, metadata: content.metadata };
    show(place[0]);
    return;
  }
  if (index === undefined) return;
  if (type === "display_data" || type === "execute_result") {
    const { data, metadata } = content;
    add(index, { output_type: "display_data", data, metadata }, content.transient?.display_id);
  } else if (type === "stream") {
    const last = cells[index].outputs.at(-1);
    const text = content.text;
    if (last?.stream === content.name) {
      last.data["text/plain"] += text;
    } else add(index, { stream: content.name, data: { "text/plain": text }, metadata: {} });
  } else if (type === "error") {
    const text = `${content.ename}: ${content.evalue}`;
    add(index, { output_type: "display_data", data: { "text/plain": text }, metadata: {} });
  } else if (type === "clear_output") cells[index].outputs = [];
  else if (type === "input_request") {
    const value = window.prompt(content.prompt) ?? "";
    request("stdin", "input_reply", { status: "ok", value }, header);
  } else if (type === "execute_reply") cells[index].done = content.status;
  else return;
  show(index);
}

/** Runs a cell. VS Code sends what the kernel allows input for. */
function run(code) {
  const content = { silent: false, stop_on_error: false, allow_stdin: true, store_history: true };
  byRequest.set(request("shell", "execute_request", { code, ...content }), cells.length);
  cells.push({ code, outputs: [], done: "" });
  return cells.length - 1;
}

/** Connects to a kernel of the server. */
async function connect(base, token, kernel) {
  const address = `${base.replace(/^http/, "ws")}api/kernels/${kernel.id}/channels`;
  socket = new WebSocket(`${address}?session_id=${clientId}&token=${token}`);
  socket.binaryType = "arraybuffer";
  await new Promise((opened) => (socket.onopen = opened));
  socket.onmessage = ({ data }) => {
    tell({ type: "frame", data });
    take(read(data));
  };
  tell({ type: "start", clientId, kernel });
}

/** Shows the outputs of a file, without a kernel. */
function reopen(saved) {
  saved.forEach((outputs, index) => {
    cells.push({ outputs: outputs.map((data) => ({ data })), done: "ok" });
    show(index);
  });
}

window.vsCode = { run, connect, reopen, cells };
window.addEventListener("message", ({ data }) => {
  if (data.type === "ready") window.vsCode.ready = true;
  else if (data.type === "frame") socket.send(data.data);
});
