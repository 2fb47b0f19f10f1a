export default (element, values) => {
  document.getElementById(element).dataset.note = JSON.stringify(values);
};
