"""Style and script of the sandbox's page, inline so that the page needs nothing else."""

CSS = """
:root { color-scheme: light dark; --bg: #f6f8f8; --card: #fff; --line: #dde4e4; --text: #14201f; --soft: #566564;
  --brand: #0b6e69; --brand-text: #fff; --green: #157347; --amber: #8a5a00; --red: #b3261e; --blue: #1d5fbf;
  --grey: #5f6b6a; }
@media (prefers-color-scheme: dark) { :root { --bg: #0f1716; --card: #16211f; --line: #2a3836; --text: #e6eeec;
  --soft: #9db0ad; --brand: #4fc3b8; --brand-text: #06211e; --green: #5bd08f; --amber: #e6b450; --red: #ff8a80;
  --blue: #85b6ff; --grey: #a3b1ae; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--text); line-height: 1.45;
  font: 14px/1.45 Inter, system-ui, "Segoe UI", Roboto, sans-serif; }
.wrap { max-width: 1440px; margin: 0 auto; padding: 24px; }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: baseline; margin-bottom: 20px; }
h1 { font-size: 28px; line-height: 1.2; margin: 0; letter-spacing: -.01em; }
h2 { font-size: 16px; margin: 0 0 12px; }
header p { margin: 0; color: var(--soft); flex: 1 1 320px; }
a { color: var(--brand); }
.columns { display: grid; grid-template-columns: minmax(0, 1fr) 340px; gap: 16px; align-items: start; }
.column { display: grid; gap: 16px; min-width: 0; }
.card { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding: 20px; min-width: 0; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(240px, 1fr)); gap: 16px; }
.big { font-size: 28px; font-weight: 600; font-variant-numeric: tabular-nums; margin: 4px 0 8px; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 4px 16px; margin: 0; }
dt, .help, th { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } .help { margin: 8px 0 0; }
.scroll { overflow-x: auto; margin: 0 -20px -8px; padding: 0 20px 8px; }
table { width: 100%; border-collapse: collapse; font-variant-numeric: tabular-nums; }
th { text-align: left; font-weight: 500; font-size: 12px; white-space: nowrap; }
th, td { padding: 8px 16px 8px 0; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child td { border-bottom: 0; } .num { text-align: right; } th.num { text-align: right; }
td.tight { white-space: nowrap; } th:last-child, td:last-child { padding-right: 0; }
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 13px; }
.state { white-space: nowrap; font-weight: 500; } .state::before { content: "●"; margin-right: 6px; font-size: 10px; }
.green { color: var(--green); } .amber { color: var(--amber); }
.red { color: var(--red); } .blue { color: var(--blue); }
.grey { color: var(--grey); } .soft { color: var(--soft); }
.buttons { display: flex; flex-wrap: wrap; gap: 8px; margin-top: 12px; } td .buttons { margin: 0; }
button { font: inherit; padding: 6px 12px; border-radius: 8px; border: 1px solid var(--line); background: transparent;
  color: var(--text); cursor: pointer; white-space: nowrap; }
button:hover { border-color: var(--brand); color: var(--brand); }
button.primary { background: var(--brand); border-color: var(--brand); color: var(--brand-text); }
button.primary:hover { filter: brightness(1.08); color: var(--brand-text); }
button.danger:hover { border-color: var(--red); color: var(--red); }
:focus-visible { outline: 2px solid var(--brand); outline-offset: 2px; }
form { display: grid; gap: 12px; } label { display: grid; gap: 4px; color: var(--soft); font-size: 12px; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 12px; align-items: end; }
input, select { font: inherit; font-size: 14px; width: 100%; padding: 7px 10px; border-radius: 8px; min-width: 0;
  border: 1px solid var(--line); background: var(--bg); color: var(--text); }
ul.faults { list-style: none; margin: 0 0 12px; padding: 0; display: grid; gap: 8px; }
ul.faults li { display: flex; justify-content: space-between; gap: 12px; align-items: center; }
.empty { color: var(--soft); margin: 0; }
#problem { color: var(--red); margin: 0 0 12px; } #problem:empty { display: none; }
.split { display: flex; justify-content: space-between; align-items: baseline; gap: 12px; }
@media (max-width: 960px) { .columns { grid-template-columns: minmax(0, 1fr); } .wrap { padding: 16px; }
  .card { padding: 16px; } .scroll { margin: 0 -16px -8px; padding: 0 16px 8px; } }
"""

SCRIPT = """
const live = () => document.getElementById("live");
async function refresh() {
  const reply = await fetch(location.href, { headers: { Accept: "text/html" } });
  const page = new DOMParser().parseFromString(await reply.text(), "text/html");
  live().replaceWith(page.getElementById("live"));
  document.getElementById("faults-on").replaceWith(page.getElementById("faults-on"));
}
async function call(method, path, body) {
  const headers = { "Content-Type": "application/json" };
  const reply = await fetch(path, { method, headers, body: JSON.stringify(body) });
  const answer = await reply.json();
  document.getElementById("problem").textContent = reply.ok ? "" : answer.error;
  await refresh();
}
document.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-path]");
  if (!button || (button.dataset.sure && !confirm(button.dataset.sure))) return;
  call(button.dataset.method || "POST", button.dataset.path, JSON.parse(button.dataset.body || "{}"));
});
document.addEventListener("submit", (event) => {
  event.preventDefault();
  const body = {};
  for (const field of event.target.elements) {
    if (!field.name || field.value === "") continue;
    body[field.name] = field.type === "number" ? Number(field.value) : field.value;
  }
  call("POST", event.target.dataset.path, body);
});
setInterval(() => { if (!document.hidden && !String(getSelection())) refresh().catch(() => {}); }, 3000);
"""
