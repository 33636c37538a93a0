// Before and after in one place, with a slider; without scripts they are beside each other.
const compare = () => {
  const both = document.querySelector(".compare:not(.live)");
  if (!both) return;
  both.classList.add("live");
  const slider = document.createElement("input");
  slider.type = "range";
  slider.value = 50;
  slider.setAttribute("aria-label", "how much of the dream is shown, in percent");
  const set = () => both.style.setProperty("--dreamed", slider.value + "%");
  slider.addEventListener("input", set);
  both.append(slider);
  set();
};
compare();
document.addEventListener("made", compare);
