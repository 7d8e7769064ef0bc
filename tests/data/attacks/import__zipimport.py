import zipimport
zipimport.zipimporter("/tmp/x.zip")
