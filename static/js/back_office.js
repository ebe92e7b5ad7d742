// Small things of the back office: a login that has ended, copying a key shown once.
(() => {
  "use strict";

  // A poll or a dialog that is answered by the login page would empty the place that it fills.
  document.addEventListener("htmx:beforeSwap", (event) => {
    if (new URL(event.detail.xhr.responseURL || location.href).pathname.endsWith("/login/")) {
      event.detail.shouldSwap = false;
      location.reload();
    }
  });

  // The server's answer to a click that failed is never silent.
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.requestConfig.verb !== "get" || event.detail.target.id === "modal-content") {
      location.assign(event.detail.pathInfo.finalRequestPath);
    }
  });

  // What a page waited for is there: the link to it opens by itself.
  document.addEventListener("htmx:load", (event) => {
    event.target.querySelector("[data-open]")?.click();
  });

  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (button) {
      await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).textContent);
      button.textContent = button.dataset.copied;
    }
  });
})();
