// New passwords: made with the chosen length, shown, and judged in words while they are typed.
const ALPHABET = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789-_+%";
const newPassword = (length) => {
  let password = "";
  while (password.length < length) {
    for (const byte of crypto.getRandomValues(new Uint8Array(length))) {
      // 244 is the largest multiple of 61 in a byte: the rest would make some letters likelier
      if (byte < 244 && password.length < length) password += ALPHABET[byte % 61];
    }
  }
  return password;
};

const toolsOf = (input) => document.querySelector(`[data-password-tools="${CSS.escape(input.id)}"]`);
const inputsOf = (tools) => {
  const input = document.getElementById(tools.dataset.passwordTools);
  return [input, input.form.elements[input.dataset.repeatedBy]].filter(Boolean);
};

const show = (tools, isShown) => {
  for (const input of inputsOf(tools)) input.type = isShown ? "text" : "password";
  tools.querySelector("[data-password=show]").setAttribute("aria-pressed", String(isShown));
};

const make = (tools, button) => {
  const asked = tools.querySelector("[data-password-length]");
  const length = Math.min(Math.max(Number.parseInt(asked.value, 10) || 20, asked.min), asked.max);
  asked.value = length;
  const password = newPassword(length);
  for (const input of inputsOf(tools)) {
    input.value = password;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }
  show(tools, true);
  const copyButton = tools.querySelector("[data-copy]");
  copyButton.dataset.copy = password;
  copyButton.hidden = false;
  judge(inputsOf(tools)[0]);
  announce(button.dataset.done);
};

// The library weighs as much as a picture: it comes when somebody begins to type a password.
let library;
const loadLibrary = (address) => {
  library ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.onload = () => resolve(window.zxcvbn);
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
};

const isTold = (name) => ["email", "first_name", "last_name", "company"].includes(name);
const judge = async (input) => {
  const tools = toolsOf(input);
  const words = tools.nextElementSibling;
  const shown = (score) => {
    words.hidden = score === "";
    words.dataset.score = score;
    for (const text of words.querySelectorAll("[data-score]")) text.hidden = text.dataset.score !== score;
  };
  if (!input.value) return shown("");
  if (input.value.length < Number(tools.dataset.shortest)) return shown("short");
  try {
    const zxcvbn = await loadLibrary(tools.dataset.judge);
    const known = [...input.form.elements].filter((one) => isTold(one.name)).map((one) => one.value);
    // Only the beginning is judged: the time it takes grows with the length
    shown(String(zxcvbn(input.value.slice(0, 100), known).score));
  } catch {
    shown("");
  }
};

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-password]");
  const tools = button?.closest("[data-password-tools]");
  if (!tools) return;
  if (button.dataset.password === "make") make(tools, button);
  else show(tools, button.getAttribute("aria-pressed") !== "true");
});
document.addEventListener("input", (event) => {
  if (event.target.matches("[data-repeated-by]")) judge(event.target);
});
document.addEventListener("DOMContentLoaded", () => {
  for (const input of document.querySelectorAll("[data-repeated-by]")) judge(input);
});
