// One row of tabs over the parts of a form. Without scripts all parts stand below one another and the row leads to them.
(() => {
  "use strict";

  const box = document.currentScript.closest("[data-tabs]");
  const row = box.querySelector("nav");
  const tabs = [...box.querySelectorAll("[data-tab]")];
  const panels = [...box.querySelectorAll("[data-panel]")];

  row.setAttribute("role", "tablist");
  tabs.forEach((tab, index) => {
    tab.setAttribute("role", "tab");
    tab.id = `${panels[index].id}-label`;
    tab.setAttribute("aria-controls", panels[index].id);
    panels[index].setAttribute("role", "tabpanel");
    panels[index].setAttribute("aria-labelledby", tab.id);
    panels[index].removeAttribute("aria-label");
  });

  const show = (panel) => {
    panels.forEach((each, index) => {
      const isShown = each === panel;
      each.hidden = !isShown;
      tabs[index].setAttribute("aria-selected", isShown);
      tabs[index].tabIndex = isShown ? 0 : -1;
      if (isShown) tabs[index].scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  };

  // A part of the page, or anything within one: errors and the checklist lead to single fields.
  const follow = (hash, isAsked) => {
    const target = hash.length > 1 ? document.getElementById(decodeURIComponent(hash.slice(1))) : null;
    const panel = target?.closest("[data-panel]");
    if (!panel) return false;
    show(panel);
    if (target !== panel && isAsked) {
      target.focus({ preventScroll: true });
      (target.closest(".form-row") || target).scrollIntoView({ block: "center" });
    }
    return true;
  };

  const choose = (tab) => {
    history.replaceState(null, "", tab.hash);
    show(panels[tabs.indexOf(tab)]);
  };

  row.addEventListener("click", (event) => {
    const tab = event.target.closest("[data-tab]");
    if (!tab || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    choose(tab);
  });
  row.addEventListener("keydown", (event) => {
    const last = tabs.length - 1;
    const now = tabs.indexOf(document.activeElement);
    const next = { ArrowRight: now === last ? 0 : now + 1, ArrowLeft: now ? now - 1 : last, Home: 0, End: last }[event.key];
    if (now < 0 || next === undefined) return;
    event.preventDefault();
    choose(tabs[next]);
    tabs[next].focus();
  });
  document.addEventListener("click", (event) => {
    const link = event.target.closest('a[href^="#"]:not([data-tab])');
    if (link && follow(link.hash, true)) event.preventDefault();
  });
  window.addEventListener("hashchange", () => follow(location.hash, true));

  // After saving one is where one was.
  box.closest("form")?.addEventListener("submit", (event) => {
    const shown = panels.find((panel) => !panel.hidden);
    event.target.action = `${location.pathname}${location.search}#${shown.id}`;
  });

  const wrong = panels.find((panel) => panel.hasAttribute("data-wrong"));
  if (wrong) show(wrong);
  else if (!follow(location.hash, false)) show(panels[0]);
  // Fields further down are not there yet while this runs.
  else window.addEventListener("load", () => follow(location.hash, true));
})();
