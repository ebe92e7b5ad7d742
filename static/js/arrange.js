// The order of the store: the numbers follow what is dragged or moved by its arrows.
(() => {
  "use strict";

  const placesOf = (list) => [...list.children].filter((child) => child.hasAttribute("data-place"));
  const number = (list) => placesOf(list).forEach((place, index) => {
    place.querySelector("[data-number]").value = index + 1;
  });

  document.addEventListener("click", (event) => {
    const button = event.target.closest("[data-move]");
    if (!button) return;
    const place = button.closest("[data-place]");
    const places = placesOf(place.parentElement);
    const other = places[places.indexOf(place) + (button.dataset.move === "up" ? -1 : 1)];
    if (!other) return;
    if (button.dataset.move === "up") other.before(place);
    else other.after(place);
    number(place.parentElement);
    button.focus();
  });

  // A number that is typed moves its entry there.
  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-number]")) return;
    const place = event.target.closest("[data-place]");
    const list = place.parentElement;
    const others = placesOf(list).filter((each) => each !== place);
    const wanted = Math.max(1, Number(event.target.value) || 1);
    if (wanted > others.length) list.append(place);
    else others[wanted - 1].before(place);
    number(list);
    event.target.focus();
  });

  // What sorts fires when something is let go.
  document.addEventListener("end", (event) => number(event.target.closest("[data-places]")));
})();
