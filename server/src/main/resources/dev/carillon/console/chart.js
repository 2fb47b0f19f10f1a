// Charts of the console: lines over the last hour, drawn as SVG.

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 360;
const HEIGHT = 100;
/** Room above the highest point. */
const TOP = 6;

function svg(name, attributes) {
  const element = document.createElementNS(SVG, name);
  Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
  return element;
}

/** The highest value of an axis: a round one that is not below the data. */
function roundUp(value) {
  if (value <= 0) {
    return 1;
  }
  const magnitude = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map(factor => factor * magnitude).find(step => step >= value * 0.999);
}

/** The parts of a line between missing points, as a path; null: there is no point. */
function path(points, max, closed) {
  const step = WIDTH / (points.length - 1);
  const y = value => (HEIGHT - value / max * (HEIGHT - TOP)).toFixed(1);
  let result = '';
  let begin = -1;
  for (let i = 0; i <= points.length; i++) {
    const has = i < points.length && points[i] !== null;
    if (has && begin < 0) {
      begin = i;
    }
    if (!has && begin >= 0) {
      const part = points.slice(begin, i).map((value, k) => `${((begin + k) * step).toFixed(1)} ${y(value)}`);
      if (part.length === 1) {
        // A single point is a short line.
        part.push(`${(begin * step + 1).toFixed(1)} ${y(points[begin])}`);
      }
      result += closed
        ? `M${(begin * step).toFixed(1)} ${HEIGHT}L${part.join('L')}L${((i - 1) * step).toFixed(1)} ${HEIGHT}Z`
        : `M${part.join('L')}`;
      begin = -1;
    }
  }
  return result;
}

/**
 * Adds a chart.
 *
 * @param {HTMLElement} into where
 * @param {{title: string, lines: {key: string, label?: string}[], format: (value: number) => string}} description at most two lines
 * @returns {(series: Object<string, (number|null)[]>, minutes: number, now: Object<string, number|null>) => void} shows other data: of the last minutes, and of now
 */
export function addChart(into, { title, lines, format }) {
  const figure = document.createElement('figure');
  const caption = document.createElement('figcaption');
  const name = document.createElement('span');
  name.textContent = title;
  caption.append(name);
  const values = lines.map(({ label }, i) => {
    const value = document.createElement('span');
    if (label) {
      value.className = i === 0 ? 'key' : 'key second';
    }
    return value;
  });
  const right = document.createElement('span');
  right.append(...values);
  caption.append(right);

  const plot = document.createElement('div');
  plot.className = 'plot';
  const top = document.createElement('span');
  top.className = 'top';
  top.setAttribute('aria-hidden', 'true');
  const drawing = svg('svg', { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' });
  for (const y of [TOP, (HEIGHT + TOP) / 2]) {
    drawing.append(svg('line', { class: 'grid', x1: 0, x2: WIDTH, y1: y, y2: y, 'vector-effect': 'non-scaling-stroke' }));
  }
  const area = svg('path', { class: 'area' });
  drawing.append(area);
  const drawn = lines.map((line, i) => {
    const element = svg('path', { class: i === 0 ? 'line' : 'line second', 'vector-effect': 'non-scaling-stroke' });
    drawing.append(element);
    return element;
  });
  plot.append(drawing, top);

  const axis = document.createElement('div');
  axis.className = 'axis';
  axis.setAttribute('aria-hidden', 'true');
  const marks = [0, 1, 2].map(() => document.createElement('span'));
  axis.append(...marks);
  figure.append(caption, plot, axis);
  into.append(figure);

  return (series, minutes, now) => {
    [`${minutes} min ago`, `${minutes / 2}`, 'now'].forEach((text, i) => { marks[i].textContent = text; });
    const data = lines.map(({ key }) => series[key]);
    const highest = Math.max(0, ...data.flat().filter(value => value !== null));
    const max = roundUp(highest);
    top.textContent = format(max);
    const told = [];
    data.forEach((points, i) => {
      drawn[i].setAttribute('d', path(points, max, false));
      const last = now[lines[i].key] ?? null;
      const text = last === null ? '–' : format(last);
      values[i].textContent = lines[i].label ? `${lines[i].label} ${text}` : text;
      told.push(`${lines[i].label ?? title} ${last === null ? 'unknown' : text}`);
    });
    area.setAttribute('d', path(data[0], max, true));
    drawing.setAttribute('aria-label', `${title}, last ${minutes} minutes: now ${told.join(', ')}; highest ${format(highest)}`);
  };
}
