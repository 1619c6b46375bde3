"""The judgement: one file a rule, its file name is the rule's name, its folder the concern."""
