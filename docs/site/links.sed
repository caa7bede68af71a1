# A link of a page to a source file is one to its page in the site.
s,\]\((\.\./)*(examples/|include/)([a-z0-9_/]+\.[ch]pp)\),](@ref \3),g
