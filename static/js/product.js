// The page of a product: prices that fit the payment type, colors, custom fields.
(() => {
  "use strict";

  // Prices. A line that does not fit the payment type is neither shown nor sent; what was typed in it stays.
  const fitPrices = () => {
    const chosen = document.getElementById("id_payment_type")?.value;
    document.querySelectorAll("#id_prices [data-payment-type]").forEach((part) => {
      const fits = part.dataset.paymentType === chosen;
      part.hidden = !fits;
      if (!part.classList.contains("is-closed")) {
        part.querySelectorAll("input").forEach((input) => { input.disabled = !fits; });
      }
    });
    document.querySelectorAll("#id_prices table").forEach((table) => { table.hidden = chosen === "FREE"; });
  };

  // Custom fields. Only the inputs that the type of the field has.
  const fitField = (select) => {
    const row = select.closest(".form-group");
    const show = (name, isShown) => {
      const box = row.querySelector(`[name$="-${name}"]`)?.closest(".field-line");
      if (box) box.hidden = !isShown;
    };
    show("options", select.value === "DROPDOWN");
    show("validation", !["DROPDOWN", "CHECKBOX"].includes(select.value));
    show("sample", !["DROPDOWN", "CHECKBOX"].includes(select.value));
  };
  const fitFields = (root) => root.querySelectorAll('select[name^="custom_fields-"][name$="-type"]').forEach(fitField);

  // `key|Label` is taken apart as soon as it stands in one of the two inputs.
  const splitName = (input) => {
    const [, row, part] = (input.name || "").match(/^custom_fields-(\d+)-(key|label)$/) || [];
    if (!row || !input.value.includes("|")) return;
    const key = document.querySelector(`[name="custom_fields-${row}-key"]`);
    const label = document.querySelector(`[name="custom_fields-${row}-label"]`);
    if (part === "label" && key.value.trim()) return;
    const bar = input.value.indexOf("|");
    const halves = [input.value.slice(0, bar).trim(), input.value.slice(bar + 1).trim()];
    key.value = halves[0];
    if (part === "label" || !label.value.trim()) label.value = halves[1] || halves[0];
  };

  // A value against the validation, by the rules that orders are judged by.
  let waiting;
  const trySample = (input) => {
    const sample = document.querySelector(`[name="${input.name.replace(/-(validation|sample)$/, "-sample")}"]`);
    const pattern = document.querySelector(`[name="${sample.name.replace(/-sample$/, "-validation")}"]`).value;
    let answer = sample.parentElement.querySelector("output");
    if (!answer) {
      answer = document.createElement("output");
      answer.className = "pattern-answer";
      sample.after(answer);
    }
    clearTimeout(waiting);
    if (!pattern || !sample.value) {
      answer.textContent = "";
      return;
    }
    waiting = setTimeout(async () => {
      const asked = new URLSearchParams({ pattern, sample: sample.value });
      const response = await fetch(`${sample.dataset.patternSample}?${asked}`);
      if (response.ok) answer.textContent = await response.text();
    }, 300);
  };

  document.addEventListener("change", (event) => {
    const { target } = event;
    if (target.id === "id_payment_type") fitPrices();
    if (target.matches('select[name^="custom_fields-"][name$="-type"]')) fitField(target);
    splitName(target);
  });
  document.addEventListener("input", (event) => {
    const { target } = event;
    if (target.dataset.picks) document.getElementById(target.dataset.picks).value = target.value;
    const price = target.name?.match(/^(prices-.+)-(?:price|setup_fee)$/);
    if (price && target.value) document.querySelector(`[name="${price[1]}-offered"]`).checked = true;
    if (target.matches('[name^="custom_fields-"][name$="-sample"], [name^="custom_fields-"][name$="-validation"]')) trySample(target);
  });
  document.addEventListener("htmx:afterSwap", fitPrices);
  // A row that is added is there to be filled in.
  document.addEventListener("formset:added", (event) => {
    const row = event.target.closest(".form-group");
    fitFields(row);
    setTimeout(() => {
      window.Alpine.$data(row).openRow = true;
      row.querySelector("input:not([type=hidden])")?.focus();
    });
  });
  document.addEventListener("DOMContentLoaded", () => {
    fitPrices();
    fitFields(document);
  });
  // The search inputs that select2 makes have no names of their own.
  const nameSearches = () => {
    document.querySelectorAll("select.admin-autocomplete").forEach((select) => {
      const search = select.parentElement.querySelector(".select2-search__field");
      if (search && select.labels.length) search.setAttribute("aria-label", select.labels[0].textContent.trim());
    });
  };
  // Asked for this late, it comes after those whom jQuery's own queue has make them.
  window.addEventListener("load", () => window.django.jQuery(nameSearches));
})();
