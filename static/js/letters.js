// The page of a letter: a click on a variable puts it where the cursor was last.
(() => {
  "use strict";

  let target = document.getElementById("letter-text");
  document.addEventListener("focusin", (event) => {
    if (event.target.closest("#letter-form")?.contains(event.target) && "selectionStart" in event.target) {
      target = event.target;
    }
  });
  document.addEventListener("click", (event) => {
    const variable = event.target.closest("[data-insert]");
    if (!variable || target.readOnly) return;
    target.setRangeText(variable.dataset.insert, target.selectionStart, target.selectionEnd, "end");
    target.dispatchEvent(new Event("input", { bubbles: true }));
    target.focus();
  });
})();
