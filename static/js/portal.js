// Small behavior of the pages: copying, revealing secrets, menus, one submit a form.
const announce = (text) => {
  const live = document.getElementById("announcer");
  if (live) live.textContent = text;
};

const confirmOn = (button) => {
  const label = button.querySelector("[data-label]") || button;
  const before = label.textContent;
  label.textContent = button.dataset.done;
  announce(button.dataset.done);
  setTimeout(() => {
    label.textContent = before;
  }, 2000);
};

const writeToClipboard = async (text) => {
  if (navigator.clipboard && window.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "visually-hidden";
  document.body.append(area);
  area.select();
  document.execCommand("copy");
  area.remove();
};

const fetchSecret = async (address) => {
  const response = await fetch(address, { headers: { Accept: "text/plain" }, cache: "no-store" });
  if (!response.ok || response.redirected) throw new Error(`HTTP ${response.status}`);
  return response.text();
};

const copy = async (button) => {
  try {
    const text = button.dataset.copyFrom ? await fetchSecret(button.dataset.copyFrom) : button.dataset.copy;
    await writeToClipboard(text);
    confirmOn(button);
  } catch {
    announce(button.dataset.failed || "");
  }
};

const reveal = async (button) => {
  const value = document.getElementById(button.getAttribute("aria-controls"));
  const label = button.querySelector("[data-label]");
  if (button.getAttribute("aria-expanded") === "true") {
    value.textContent = value.dataset.mask;
    button.setAttribute("aria-expanded", "false");
    label.textContent = button.dataset.show;
    return;
  }
  try {
    value.dataset.mask ||= value.textContent;
    value.textContent = await fetchSecret(button.dataset.reveal);
    button.setAttribute("aria-expanded", "true");
    label.textContent = button.dataset.hide;
  } catch {
    announce(button.dataset.failed || "");
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (button?.dataset.reveal) reveal(button);
  else if (button && ("copy" in button.dataset || "copyFrom" in button.dataset)) copy(button);
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// The server makes one order of a double submit; this only spares people the doubt.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("[data-once]")) return;
  if (form.dataset.sent) event.preventDefault();
  form.dataset.sent = "yes";
  for (const button of form.querySelectorAll("[type=submit]")) button.setAttribute("aria-disabled", "true");
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});

// Selects that act at once (language, currency) keep their button for people without scripts.
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit-on-change]")) event.target.form.requestSubmit();
});

// What a page waited for is there: the link to it opens by itself, and stays for people who want it again.
document.addEventListener("htmx:load", (event) => {
  event.target.querySelector("[data-open]")?.click();
});

document.addEventListener("DOMContentLoaded", () => {
  document.documentElement.classList.add("has-scripts");
  document.querySelector(".error-summary")?.focus();
});
