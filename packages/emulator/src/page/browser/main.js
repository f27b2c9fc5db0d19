import { connect } from './connection.js';
import { DetailsPane } from './details-pane.js';
import { byId, setText } from './element.js';
import { counted } from './format.js';
import { RequestList } from './request-list.js';
import { Store } from './store.js';
import { topBar } from './top-bar.js';

const TICK_MS = 1000;

const store = new Store();
/** Whoever answers one request goes on with the next that waits. */
let goesOn = false;

topBar(byId('top'), store);
const list = new RequestList(byId('list'), store);
const pane = new DetailsPane(byId('details'), store, () => {
  goesOn = true;
});

function openFromAddress() {
  // The link over the list leads to a place on the page, not to a request.
  if (location.hash === '#details') return;
  const before = store.selected;
  const [, id] = /^#\/(req_[a-z0-9]+)$/i.exec(location.hash) ?? [];
  store.selected = id;
  document.body.dataset['view'] = id === undefined ? 'list' : 'details';
  pane.wantsComposer = true;
  goesOn = false;
  store.changed();
  // Where only one of the two has room, the focus goes along.
  if (id === undefined) list.focus(before);
  else if (byId('list').offsetParent === null) byId('details').focus();
}

/** Opens the next request that waits, where nothing else is being looked at. */
function openWaiting() {
  const open = store.get(store.selected);
  const [first] = store.waiting;
  if (first !== undefined && (store.selected === undefined || (goesOn && open?.state !== 'waiting')))
    location.hash = `#/${first.id}`;
}

let waited = 0;
function tellWaiting() {
  const { length } = store.waiting;
  document.title = length === 0 ? 'Emulator' : `(${length}) Emulator`;
  if (length > waited) setText(byId('announcer'), `${counted(length, 'request')} waiting for your answer`);
  waited = length;
}

addEventListener('hashchange', openFromAddress);
store.watch(tellWaiting);
store.watch(openWaiting);
setInterval(() => pane.tick(), TICK_MS);
openFromAddress();
connect(store);
