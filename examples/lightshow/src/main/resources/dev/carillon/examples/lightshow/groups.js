// Who can be lit. Each group is a topic below lightshow/; a phone joins those that it belongs to.

export const GROUPS = [
  { name: 'everyone', label: 'Everyone' },
  { name: 'contributors', label: 'Contributors' },
  { name: 'years/1', label: '1+ years' },
  { name: 'years/5', label: '5+ years' },
  { name: 'years/10', label: '10+ years' },
  { name: 'years/20', label: '20+ years' },
];

/** What can be answered to the question for the years; 0 is less than one. */
export const YEARS = [0, 1, 5, 10, 20];

/** The names of the groups of one phone. */
export function groupsOf({ contributor, years }) {
  return [
    'everyone',
    ...(contributor ? ['contributors'] : []),
    ...YEARS.filter(threshold => threshold > 0 && threshold <= years).map(threshold => `years/${threshold}`),
  ];
}

export function topicOf(group) {
  return `lightshow/${group}`;
}

/** The parameters topic=... of an event stream. */
export function topicParameters(groups) {
  return groups.map(group => `topic=${encodeURIComponent(topicOf(group))}`).join('&');
}
