// Colours are #rrggbb, in small letters.

export const DARK = '#000000';

export const PALETTE = [
  { name: 'Red', colour: '#ff1f3d' },
  { name: 'Orange', colour: '#ff8a00' },
  { name: 'Yellow', colour: '#ffe01a' },
  { name: 'Green', colour: '#00c853' },
  { name: 'Cyan', colour: '#00d5cf' },
  { name: 'Blue', colour: '#1463ff' },
  { name: 'Violet', colour: '#9b35ff' },
  { name: 'White', colour: '#ffffff' },
];

const NAMED = [...PALETTE, { name: 'Dark', colour: DARK }];

/** The colour of an event's data; undefined for anything else, which came from who knows where. */
export function colourOf(data) {
  const colour = data?.color;
  return typeof colour === 'string' && /^#[0-9a-f]{6}$/i.test(colour) ? colour.toLowerCase() : undefined;
}

/** A name for people; of a colour that has none, the nearest one's. */
export function nameOf(colour) {
  const distances = NAMED.map(named => ({ name: named.name, distance: distance(named.colour, colour) }));
  const nearest = distances.reduce((a, b) => (b.distance < a.distance ? b : a));
  return nearest.distance === 0 ? nearest.name : `Nearly ${nearest.name.toLowerCase()}`;
}

/** Black or white, whichever can be read on the colour: the contrast is at least 4.5 on any (WCAG 2.2, 1.4.3). */
export function inkOn(colour) {
  const luminance = channels(colour)
    .map(c => c / 255)
    .map(c => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  return 1.05 / (luminance + 0.05) > (luminance + 0.05) / 0.05 ? '#ffffff' : '#000000';
}

function distance(a, b) {
  const other = channels(b);
  return channels(a).reduce((sum, c, i) => sum + (c - other[i]) ** 2, 0);
}

function channels(colour) {
  return [1, 3, 5].map(i => parseInt(colour.slice(i, i + 2), 16));
}
