// What is nicer with a script: every page is whole without it.
"use strict";

// How long ago an instant was, beside the instant itself.
const units = [["year", 31536000], ["month", 2592000], ["day", 86400], ["hour", 3600], ["minute", 60]];
const ago = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
for (const time of document.querySelectorAll("time[data-ago]")) {
	const seconds = (new Date(time.dateTime) - Date.now()) / 1000;
	const [unit, size] = units.find(([, size]) => Math.abs(seconds) >= size) || ["minute", 60];
	time.title = time.textContent;
	time.textContent = ago.format(Math.round(seconds / size), unit);
}

for (const form of document.querySelectorAll("form.filters")) {
	const range = form.elements.range;
	form.addEventListener("change", (e) => {
		form.classList.add("changed");
		// Whoever writes months means these months.
		if (range && (e.target.name === "from" || e.target.name === "to")) range.value = "own";
	});
	// Addresses name what differs from the usual, and nothing else.
	form.addEventListener("submit", () => {
		const own = range && range.value === "own";
		for (const field of form.elements) {
			const months = field.name === "from" || field.name === "to";
			if (field.name && (field.value === "" || (range && months && !own))) field.disabled = true;
		}
		if (own) range.disabled = true;
	});
	// Back again: what was not sent can be changed again.
	addEventListener("pageshow", () => { for (const field of form.elements) field.disabled = false; });
}

// The page that is shown is in sight, also where the names of pages scroll.
const here = document.querySelector("nav [aria-current=page]");
if (here) {
	const list = here.closest("ul");
	list.scrollLeft = here.offsetLeft - list.offsetLeft - (list.clientWidth - here.offsetWidth) / 2;
}
