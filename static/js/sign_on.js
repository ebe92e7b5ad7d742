// Sends the one-time key on at once; the button stays for browsers without scripts.
(() => {
  "use strict";

  const form = document.getElementById("sign-on");
  if (form) {
    form.submit();
  }
})();
