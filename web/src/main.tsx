import {render} from 'preact'

render(<main>NVIDIA Web Monitor</main>, document.body)
