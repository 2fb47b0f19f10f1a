export default element => {
  const data = document.getElementById(element).dataset;
  data.first = data.note;
};
