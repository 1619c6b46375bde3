"""Every limit on what a hostile or huge input may cost. Hitting one is a coverage note, never an error."""

FILE_BYTES = 8 * 2**20  # a larger text file is skipped with a note
LINE_CHARS = 20_000
YAML_DEPTH = 200
YAML_NODES = 2_000_000
YAML_ALIASES = 1_000
YAML_ALIASED_NODES = 200_000  # nodes that aliases repeat
JSON_DEPTH = 200
PYTHON_DEPTH = 200  # nested brackets, before `ast` is asked
NOTEBOOK_CELLS = 5_000
TEMPLATE_STEPS = 2_000_000
TEMPLATE_DEPTH = 200
TEMPLATE_OUTPUT = 20 * 2**20
CHART_DEPTH = 8  # sub-charts of sub-charts
KUSTOMIZE_DEPTH = 32
KUSTOMIZE_NODES = 1_000_000  # nodes of the objects of one root
KUSTOMIZE_INCLUDES = 1_000  # kustomizations that one root takes in
TERRAFORM_DEPTH = 16  # local modules of local modules
TERRAFORM_STEPS = 500_000
INCLUDE_DEPTH = 20  # -r of -r
MODEL_HEADER_BYTES = 100 * 2**20
PICKLE_OPCODES = 20_000_000
FACT_TEXT = 2_000  # longest string kept in a fact
FACT_NODES = 4_000  # most nodes of plain data in a fact
FACTS_PER_FILE = 50_000
SHELL_COMMANDS = 20_000  # of one script or step
