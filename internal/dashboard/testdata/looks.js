// What of a page is hard to read or to touch, a line each: it moves sideways, its words are pale, its targets are small.
(() => {
	const faults = new Set();
	const wide = document.documentElement.scrollWidth - innerWidth;
	if (wide > 0) faults.add(`${wide} pixels wider than the window`);

	const colour = (text) => {
		const [r, g, b, a = 1] = text.match(/[\d.]+/g).map(Number);
		return [r, g, b, a];
	};
	const over = ([r, g, b, a], [x, y, z]) => [r * a + x * (1 - a), g * a + y * (1 - a), b * a + z * (1 - a)];
	const light = (rgb) => {
		const [r, g, b] = rgb.map((v) => ((v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const contrast = (a, b) => {
		const [x, y] = [light(a), light(b)].sort((p, q) => q - p);
		return (x + 0.05) / (y + 0.05);
	};
	const opacity = (e) => {
		let all = 1;
		for (; e; e = e.parentElement) all *= Number(getComputedStyle(e).opacity);
		return all;
	};
	const ground = (e) => {
		const layers = [];
		for (; e; e = e.parentElement) {
			const c = colour(getComputedStyle(e).backgroundColor);
			if (c[3] > 0) layers.push(c);
			if (c[3] === 1) break;
		}
		return layers.reduceRight((below, c) => over(c, below), [255, 255, 255]);
	};
	const bars = new Map(); // of each picture, its rectangles with their places, in the order in which they are painted
	const painted = (text) => {
		const picture = text.closest("svg");
		if (!bars.has(picture)) bars.set(picture, [...picture.querySelectorAll("rect")].map((e) => [e, e.getBoundingClientRect()]));
		const at = text.getBoundingClientRect(), x = at.x + at.width / 2, y = at.y + at.height / 2;
		let is = ground(picture);
		for (const [e, r] of bars.get(picture)) {
			if (r.left > x || r.right < x || r.top > y || r.bottom < y || !(e.compareDocumentPosition(text) & Node.DOCUMENT_POSITION_FOLLOWING)) continue;
			const style = getComputedStyle(e);
			if (style.fill === "none") continue;
			const c = colour(style.fill);
			is = over([c[0], c[1], c[2], c[3] * Number(style.fillOpacity) * opacity(e)], is);
		}
		return is;
	};
	const words = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (words.nextNode()) {
		const e = words.currentNode.parentElement, text = words.currentNode.data.trim();
		if (!text || !e.checkVisibility({ visibilityProperty: true }) || e.closest(".hidden, .skip, option, title, button:disabled")) continue;
		const style = getComputedStyle(e), drawn = e.closest("svg");
		const below = drawn ? painted(e) : ground(e);
		const c = colour(drawn ? style.fill : style.color);
		const is = contrast(over([c[0], c[1], c[2], c[3] * opacity(e)], below), below);
		const size = parseFloat(style.fontSize), big = size >= 24 || (size >= 18.66 && Number(style.fontWeight) >= 700);
		if (is < (big ? 3 : 4.5)) faults.add(`contrast ${is.toFixed(2)} of "${text.slice(0, 30)}" (${e.tagName.toLowerCase()}.${e.getAttribute("class") || ""})`);
	}

	if (innerWidth < 640) for (const e of document.querySelectorAll("nav a, .tools a, .pager a, .chips a, button, select, input:not(.hidden), label.fold, summary")) {
		const r = e.getBoundingClientRect();
		if (e.checkVisibility() && r.height < 28) faults.add(`target of ${Math.round(r.height)} pixels: ${e.textContent.trim().slice(0, 30)}`);
	}
	return [...faults].join("\n");
})()
